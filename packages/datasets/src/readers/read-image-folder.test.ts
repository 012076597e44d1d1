import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Progress } from "@quaterion/core";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { labeled } from "../labeled.js";
import { readImageFolder, streamImageFolder } from "./read-image-folder.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-images-"));
});
afterEach(() => rm(folder, { recursive: true }));

const write = async (...paths: string[]) => {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), `bytes of ${path}`);
  }
};

describe("readImageFolder", () => {
  it("gives each image with its folder as the label, sorted, hidden files aside", async () => {
    await write(
      "dogs/b.png",
      "cats/10.JPG",
      "cats/2.jpeg",
      "cats/.hidden.png",
      ".git/x.png",
      "cats/Thumbs.db",
      "birds/owl/a.webp",
      "dogs/A.png",
    );
    const rows = await readImageFolder(folder);
    expect(rows.map(({ path }) => path)).toEqual(["birds/owl/a.webp", "cats/10.JPG", "cats/2.jpeg", "dogs/A.png", "dogs/b.png"]);
    expect(rows.map(({ label }) => label)).toEqual(["birds/owl", "cats", "cats", "dogs", "dogs"]);
    expect(rows[0]!.image).toBe(join(folder, "birds/owl/a.webp"));
    const data = labeled(rows, { value: "image", label: "label" });
    expect(data.labelsOf(0)).toEqual(["default/birds/owl"]);
    expect(data.relations.of("default/birds/owl", "default/cats")).toBe(-1);
  });

  it("gives the bytes when asked for, and tells how far it is", async () => {
    await write("a/1.png", "b/2.png");
    const told: Progress[] = [];
    const rows = await readImageFolder(folder, { as: "bytes", onProgress: (progress) => told.push(progress) });
    expect(rows.map(({ image }) => Buffer.from(image).toString())).toEqual(["bytes of a/1.png", "bytes of b/2.png"]);
    expect(told.at(-1)).toMatchObject({ done: 2, total: 2, unit: "images" });
    await writeFile(join(folder, "b/2.png"), "");
    await expect(readImageFolder(folder, { as: "bytes" })).rejects.toThrow(/2\.png: The image has 0 bytes/);
    for await (const row of streamImageFolder(folder, { as: "bytes" })) {
      expect(row.path).toBe("a/1.png"); // the damaged second is not opened yet
      break;
    }
  });

  it("names files that are no images, or passes them over", async () => {
    await write("a/1.png", "a/notes.txt", "README.md", ...[1, 2, 3, 4, 5].map((i) => `a/${i}.json`));
    await expect(readImageFolder(folder)).rejects.toThrow(
      /no images by their names: README\.md, a\/1\.json, a\/2\.json, a\/3\.json, a\/4\.json, and 2 more. Take them away, or pass `others: "skip"`/,
    );
    expect(await readImageFolder(folder, { others: "skip" })).toHaveLength(1);
  });

  it("says what is wrong with a folder", async () => {
    await expect(readImageFolder(folder)).rejects.toThrow(/The folder has no images/);
    await write("a/1.png");
    await mkdir(join(folder, "b"));
    await expect(readImageFolder(folder)).rejects.toThrow(/b\/?: The class has no images/);
    await rm(join(folder, "b"), { recursive: true });
    await write("c.png");
    await expect(readImageFolder(folder)).rejects.toThrow(/c\.png: The image lies in no class/);
    await expect(readImageFolder(join(folder, "c.png"))).rejects.toThrow(/c\.png: This is a file: expected a folder/);
    await write("train/x/1.png");
    await expect(readImageFolder(join(folder, "trian"))).rejects.toThrow(/Did you mean ".*train"/);
  });

  it("follows links, but not in a circle or to nowhere", async () => {
    await write("a/1.png", "b/2.png");
    await symlink(join(folder, "a/1.png"), join(folder, "b/1.png"));
    expect((await readImageFolder(folder)).map(({ path }) => path)).toEqual(["a/1.png", "b/1.png", "b/2.png"]);
    await symlink(folder, join(folder, "a/again"));
    await expect(readImageFolder(folder)).rejects.toThrow(/again\/?: The folder links to one that it lies in/);
    await rm(join(folder, "a/again"));
    await symlink(join(folder, "gone.png"), join(folder, "b/3.png"));
    await expect(readImageFolder(folder)).rejects.toThrow(/3\.png: The link leads nowhere/);
  });

  it("finds every image in any tree of classes", async () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9_ é-]{1,6}$/).filter((each) => each.trim() === each);
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `${parts.join("/").toLowerCase()}/`);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          fc.tuple(path, name).map(([a, b]) => `${a}${b.toLowerCase()}.png`),
          { minLength: 1, maxLength: 6 },
        ),
        async (paths) => {
          await rm(folder, { recursive: true });
          await write(...paths);
          const rows = await readImageFolder(folder);
          expect(rows.map((row) => row.path).sort()).toEqual([...paths].sort());
          for (const row of rows) expect(row.path.startsWith(`${row.label}/`)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each([
    [{ as: "pixels" }, /`readImageFolder.as` must be one of "path", "bytes"/],
    [{ others: "drop" }, /`readImageFolder.others` must be one of "error", "skip"/],
  ])("refuses options %j", async (options, message) => {
    await expect(readImageFolder(folder, options as object)).rejects.toThrow(message);
  });
});
