import { mkdtemp, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadEncoder } from "../load-encoder.js";
import { wordVectors } from "./word-vectors.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "words-"));
  await writeFile(join(folder, "vocab.txt"), "the\ncard\nlost\n");
  await writeFile(join(folder, "vectors.f32"), new Uint8Array(Float32Array.of(1, 0, 0, 1, 2, 2).buffer));
  await writeFile(join(folder, "word-frequency.txt"), "the 90\ncard 9\nother 1\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("wordVectors", () => {
  it("averages the known words, each weighted by a / (a + p)", async () => {
    const encoder = await wordVectors(folder, { smoothing: 0.1, normalize: false });
    // p: the 0.9, card 0.09, lost not known; "zzz" has no vector.
    const [the, card, lost] = [0.1 / 1, 0.1 / 0.19, 1];
    const vector = await encoder.encode(["The CARD, zzz lost!"]);
    expect(vector[0]).toBeCloseTo((the * 1 + lost * 2) / 3, 6);
    expect(vector[1]).toBeCloseTo((card * 1 + lost * 2) / 3, 6);
  });

  it("gives vectors of length 1, and the zero vector where no word is known", async () => {
    const vectors = await (await wordVectors(folder)).encode(["the lost card", "zzz"]);
    expect(Math.hypot(vectors[0]!, vectors[1]!)).toBeCloseTo(1, 6);
    expect([...vectors.subarray(2)]).toEqual([0, 0]);
  });

  it("comes back from a saved folder, and refuses files that do not fit", async () => {
    const encoder = await wordVectors(folder, { smoothing: 0.01 });
    const saved = await mkdtemp(join(folder, "saved-"));
    const reference = JSON.parse(JSON.stringify(await encoder.save(saved)));
    const loaded = await loadEncoder<string>(reference, saved);
    expect(loaded.fingerprint).toBe(encoder.fingerprint);
    expect(await loaded.encode(["the card"])).toEqual(await encoder.encode(["the card"]));
    await writeFile(join(saved, "word-frequency.txt"), "the many\n");
    await expect(wordVectors(saved)).rejects.toThrow(/row 1: expected a word and its count/);
    await unlink(join(saved, "word-frequency.txt"));
    expect((await wordVectors(saved)).fingerprint).not.toBe(encoder.fingerprint);
    await writeFile(join(saved, "vectors.f32"), new Uint8Array(20));
    await expect(wordVectors(saved)).rejects.toMatchObject({ code: "INCOMPATIBLE" });
    await unlink(join(saved, "vectors.f32"));
    await expect(wordVectors(saved)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
