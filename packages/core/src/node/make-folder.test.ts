import { existsSync } from "node:fs";
import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolder } from "./make-folder.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-folder-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("makeFolder", () => {
  it("makes a folder with those that it lies in, also when several do so at once, and takes one that is there", async () => {
    const deep = join(folder, "a", "b", "c");
    await Promise.all([makeFolder(deep), makeFolder(deep), makeFolder(join(folder, "a", "b"))]);
    expect((await stat(deep)).isDirectory()).toBe(true);
    await makeFolder(deep);
  });

  it("throws where a file or a link to nowhere is in the way", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(makeFolder(join(folder, "file"))).rejects.toMatchObject({ code: "EEXIST" });
    await expect(makeFolder(join(folder, "file", "a", "b"))).rejects.toMatchObject({ code: "EEXIST" });
    await symlink(join(folder, "nowhere", "x"), join(folder, "link"));
    await expect(makeFolder(join(folder, "link", "a"))).rejects.toMatchObject({ code: "EEXIST" });
  });

  // Elsewhere no file system answers like that.
  it.runIf(existsSync("/proc/self"))(
    "comes back from a file system on which no folder can be made (only where there is /proc)",
    async () => {
      await expect(makeFolder("/proc/quaterion/a")).rejects.toMatchObject({ code: "ENOENT" });
    },
  );
});
