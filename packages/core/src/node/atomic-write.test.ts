import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFileAtomic, writeFolderAtomic } from "./atomic-write.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-write-"));
});
afterEach(async () => {
  await chmod(folder, 0o755);
  await rm(folder, { recursive: true, force: true });
});

describe("writeFileAtomic", () => {
  it("writes the file, makes its folder, and leaves nothing beside it", async () => {
    await writeFileAtomic(join(folder, "a", "b.txt"), "one");
    await writeFileAtomic(join(folder, "a", "b.txt"), "two");
    expect(await readFile(join(folder, "a", "b.txt"), "utf8")).toBe("two");
    expect(await readdir(join(folder, "a"))).toEqual(["b.txt"]);
  });

  it("keeps the old file when writing fails, and says so", async () => {
    await mkdir(join(folder, "taken"));
    await writeFile(join(folder, "taken", "inside"), "x");
    await expect(writeFileAtomic(join(folder, "taken"), "new")).rejects.toMatchObject({ code: "STORAGE" });
    expect(await readdir(folder)).toEqual(["taken"]);
  });
});

describe("writeFolderAtomic", () => {
  it("replaces the whole folder", async () => {
    const path = join(folder, "model");
    await writeFolderAtomic(path, (to) => writeFile(join(to, "old"), "1"));
    await writeFolderAtomic(path, (to) => writeFile(join(to, "new"), "2"));
    expect(await readdir(path)).toEqual(["new"]);
    expect(await readdir(folder)).toEqual(["model"]);
  });

  it("keeps what was there when filling fails", async () => {
    const path = join(folder, "model");
    await writeFolderAtomic(path, (to) => writeFile(join(to, "old"), "1"));
    const full = async () => {
      throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
    };
    await expect(writeFolderAtomic(path, full)).rejects.toThrow("the disk is full");
    expect(await readFile(join(path, "old"), "utf8")).toBe("1");
    expect(await readdir(folder)).toEqual(["model"]);
  });
});
