import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileSha256, sha256 } from "./sha256.js";

// FIPS 180-2, appendix B.1: the digest of "abc".
const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

describe("sha256", () => {
  it("gives the standard's digest of one part", () => {
    expect(sha256("abc")).toBe(abc);
    expect(sha256(new Uint8Array([97, 98, 99]))).toBe(abc);
  });
  it("tells where parts end", () => {
    expect(sha256("ab", "c")).not.toBe(sha256("a", "bc"));
  });
});

describe("fileSha256", () => {
  it("gives the digest of the file's bytes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "quaterion-sha-"));
    await writeFile(join(folder, "abc"), "abc");
    expect(await fileSha256(join(folder, "abc"))).toBe(abc);
    await rm(folder, { recursive: true });
  });
});
