import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "lmdb";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { openCache } from "./open-cache.js";
import { storageFailure } from "./storage-failure.js";

const key = (name: string) => new TextEncoder().encode(name);
const vector = (...numbers: number[]) => ({ shape: [numbers.length], data: Float32Array.from(numbers) });
const file = () => join(folder, "embeddings.lmdb");
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-cache-"));
  return () => rm(folder, { recursive: true, force: true });
});

describe("openCache", () => {
  it("finds what an earlier opening stored, in a folder that it makes", async () => {
    const inner = join(folder, "a", "b");
    const first = await openCache({ folder: inner });
    await first.putMany("m", [[key("a"), vector(1, 2)]]);
    await first.close();
    const second = await openCache({ folder: inner });
    expect(await second.getMany("m", [key("a")])).toEqual([vector(1, 2)]);
    expect(await second.stats()).toMatchObject({ location: inner, entries: 1, spaces: { m: { entries: 1, bytes: 28 } } });
    await second.close();
  });

  it("may be open twice in one process; closing one leaves the other open", async () => {
    const [one, two] = await Promise.all([openCache({ folder }), openCache({ folder })]);
    await one.putMany("m", [[key("a"), vector(1)]]);
    expect(await two.getMany("m", [key("a")])).toEqual([vector(1)]);
    await one.close();
    await two.putMany("m", [[key("b"), vector(2)]]);
    expect(await two.getMany("m", [key("a"), key("b")])).toEqual([vector(1), vector(2)]);
    await two.close();
  });

  it("never answers with an entry of another precision", async () => {
    const coarse = await openCache({ folder, precision: "int8" });
    const exact = await openCache({ folder });
    await coarse.putMany("m", [[key("a"), vector(1, 0.3)]]);
    expect(await exact.getMany("m", [key("a")])).toEqual([undefined]);
    await exact.putMany("m", [[key("a"), vector(1, 0.3)]]);
    expect(await exact.getMany("m", [key("a")])).toEqual([vector(1, 0.3)]);
    expect((await coarse.getMany("m", [key("a")]))[0]?.data[1]).toBe(Math.fround(38 * Math.fround(1 / 127)));
    expect((await exact.stats()).spaces).toMatchObject({ m: { entries: 2 } });
    await exact.clear("m");
    expect(await coarse.getMany("m", [key("a")])).toEqual([undefined]);
    await Promise.all([coarse.close(), exact.close()]);
  });

  it("takes an entry whose bytes were changed or moved for absent, and mends it by putting", async () => {
    const cache = await openCache({ folder });
    await cache.putMany("m", [
      [key("a"), vector(1)],
      [key("b"), vector(2)],
    ]);
    await cache.close();
    const raw = open({ path: file(), noSubdir: true, maxDbs: 8 });
    const entries = raw.openDB<Buffer, Buffer>({ name: "entries", encoding: "binary", keyEncoding: "binary" });
    const [first, second] = [...entries.getRange()];
    await entries.put(first!.key, second!.value); // an entry under the key of another
    const torn = Buffer.from(second!.value);
    torn[torn.length - 1]! ^= 1;
    await entries.put(second!.key, torn);
    await raw.close();

    const again = await openCache({ folder });
    expect(await again.getMany("m", [key("a"), key("b")])).toEqual([undefined, undefined]);
    expect(await again.claim!("m", [key("a")], 1000)).toEqual([key("a")]);
    await again.putMany("m", [[key("a"), vector(1)]]);
    expect(await again.getMany("m", [key("a")])).toEqual([vector(1)]);
    await again.close();
  });

  it("refuses a cache of another layout, says what to do, and leaves it as it is", async () => {
    const cache = await openCache({ folder });
    await cache.putMany("m", [[key("a"), vector(1)]]);
    await cache.close();
    const raw = open({ path: file(), noSubdir: true, maxDbs: 8, encoding: "json" });
    await raw.put("layout", 99);
    await raw.close();
    const before = await readFile(file());
    await expect(openCache({ folder })).rejects.toMatchObject({
      code: "INCOMPATIBLE",
      message: expect.stringMatching(/has layout 99; this release reads layout 1.*openCache\(\{ folder \}\).*nothing in it was changed/),
    });
    expect((await readFile(file())).equals(before)).toBe(true);
  });

  it("refuses a file that is no cache, and leaves it as it is", async () => {
    await writeFile(file(), "something of the user's own ".repeat(1000));
    await expect(openCache({ folder })).rejects.toMatchObject({ code: "INCOMPATIBLE", message: expect.stringContaining(file()) });
    expect(await readFile(file(), "utf8")).toContain("the user's own");
  });

  it("says where and why when the folder can't be made", async () => {
    await writeFile(join(folder, "file"), "");
    const inside = join(folder, "file", "cache");
    await expect(openCache({ folder: inside })).rejects.toMatchObject({
      code: "STORAGE",
      message: `Could not open the embedding cache in ${inside}: a part of that path is a file. Open a cache in another folder: openCache({ folder }). What was stored before is intact.`,
    });
  });

  it("names the environment variable that the folder came from", async () => {
    await writeFile(join(folder, "file"), "");
    vi.stubEnv("QUATERION_HOME", join(folder, "file"));
    await expect(openCache()).rejects.toMatchObject({
      code: "STORAGE",
      message: `Could not open the embedding cache in ${join(folder, "file", "embeddings")}: a part of that path is a file. The environment variable QUATERION_HOME names ${join(folder, "file")}: set it to a folder that can be written. What was stored before is intact.`,
    });
    vi.unstubAllEnvs();
    expect(
      storageFailure("open", "/x", Object.assign(new Error("ENOENT: no such file or directory, mkdir '/x'"), { code: "ENOENT" }), "Y")
        .message,
    ).toBe("Could not open the embedding cache in /x: no folder can be made there. Y. What was stored before is intact.");
    expect(storageFailure("open", "/x", Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" }), "Y").message).toContain(
      "no permission. Y.",
    );
    expect(storageFailure("open", "/x", Object.assign(new Error("EIO: i/o error"), { code: "EIO" }), "Y").message).toContain(
      ": EIO: i/o error. What",
    );
    expect(storageFailure("open", "/x", Object.assign(new Error("odd"), { code: 22 }), "Y").message).toContain(": 22: odd. What");
  });

  it("stores a batch past the first size of the file, many times over", async () => {
    const cache = await openCache({ folder });
    const data = new Float32Array(4096).fill(1);
    for (let i = 0; i < 4; i++)
      await cache.putMany(
        "m",
        Array.from({ length: 500 }, (_, j) => [key(`${i} ${j}`), { shape: [4096], data }]),
      );
    expect((await cache.stats()).bytes).toBeGreaterThan(32_000_000);
    expect((await cache.getMany("m", [key("3 499")]))[0]?.data).toEqual(data);
    await cache.close();
  });

  it("rejects options that it does not know", async () => {
    await expect(openCache({ precison: "int8" } as never)).rejects.toThrow('Did you mean "precision"?');
    await expect(openCache({ folder, precision: "int4" as never })).rejects.toThrow("`openCache.precision` must be one of");
    await expect(openCache({ folder: "" })).rejects.toThrow("`openCache.folder`");
  });
});
