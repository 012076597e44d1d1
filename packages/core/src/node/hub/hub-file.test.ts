import { randomBytes } from "node:crypto";
import { lstat, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { commit, eachWithLocalHub, sha256Of } from "../../../test/local-hub.js";
import { hubFile } from "./hub-file.js";

const large = randomBytes(300_000);
const at = eachWithLocalHub();
beforeEach(() => {
  at.hub.repositories["org/tiny"] = { "config.json": "{}", "onnx/model.onnx": large };
});

const model = "onnx/model.onnx";
const repository = () => join(at.home, "hub", "models--org--tiny");

describe("hubFile", () => {
  it("lays files out as Python's huggingface_hub does", async () => {
    const file = await hubFile("org/tiny", model);
    expect(file).toBe(join(repository(), "snapshots", commit, model));
    expect((await readFile(file!)).equals(large)).toBe(true);
    expect((await lstat(file!)).isSymbolicLink()).toBe(true);
    expect((await readFile(join(repository(), "blobs", sha256Of(large)))).equals(large)).toBe(true);
    expect(await readFile(join(repository(), "refs", "main"), "utf8")).toBe(commit);
  });

  it("fetches a file once, and asks nothing at all for a commit", async () => {
    await hubFile("org/tiny", model);
    at.hub.requests = [];
    await hubFile("org/tiny", model);
    expect(at.hub.requests).toEqual([`HEAD /org/tiny/resolve/main/${model}`]);
    await hubFile("org/tiny", model, { revision: commit });
    expect(at.hub.requests).toHaveLength(1);
  });

  it("goes on where a broken connection stopped, and reports the bytes", async () => {
    at.hub.breaks = [100_000, 50_000];
    const seen: number[] = [];
    const file = await hubFile("org/tiny", model, { onProgress: ({ done, total }) => seen.push(done / total!) });
    expect((await readFile(file!)).equals(large)).toBe(true);
    const asked = at.hub.requests.filter((request) => request.startsWith("CDN")).map((request) => request.split(" ")[2]);
    expect(asked).toEqual(["all", "bytes=100000-", "bytes=150000-"]);
    expect(seen.at(-1)).toBe(1);
  });

  it("goes on where an earlier process stopped", async () => {
    at.hub.breaks = [100_000, 0, 0, 0, 0, 0];
    await expect(hubFile("org/tiny", model)).rejects.toMatchObject({ code: "STORAGE" });
    at.hub.breaks = [];
    at.hub.requests = [];
    expect((await readFile((await hubFile("org/tiny", model))!)).equals(large)).toBe(true);
    expect(at.hub.requests.at(-1)).toContain("bytes=100000-");
  });

  it("throws away what has the wrong sha256", async () => {
    at.hub.claimed = "ab".repeat(32);
    await expect(hubFile("org/tiny", model)).rejects.toThrow(/arrived damaged/);
    await expect(stat(join(repository(), "blobs", at.hub.claimed))).rejects.toThrow();
    await expect(stat(join(repository(), "blobs", `${at.hub.claimed}.incomplete`))).rejects.toThrow();
  });

  it("gives undefined for a file that a model does not have, and says what else is wrong", async () => {
    expect(await hubFile("org/tiny", "modules.json")).toBeUndefined();
    await expect(hubFile("org/none", model)).rejects.toThrow(/no model org\/none.*set HF_TOKEN/s);
    await expect(hubFile("org/gated", model)).rejects.toThrow(/on conditions/);
    await expect(hubFile("org/tiny", model, { revision: "v9" })).rejects.toThrow(/no revision "v9"/);
    await expect(hubFile("org/tiny", model, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("shows the token to the hub, and to nobody else", async () => {
    at.hub.private = "secret";
    await expect(hubFile("org/tiny", model)).rejects.toMatchObject({ code: "NOT_FOUND" });
    vi.stubEnv("HF_TOKEN", "secret");
    await hubFile("org/tiny", model);
    expect(at.hub.requests.filter((request) => request.includes("with the token"))).toEqual([]);
    vi.stubEnv("HF_TOKEN", "");
    await writeFile(join(at.home, "token"), "secret\n");
    expect(await hubFile("org/tiny", "config.json")).toBeDefined();
  });

  it("follows a model that was renamed", async () => {
    expect(await hubFile("org/old", "config.json")).toBe(join(at.home, "hub", "models--org--old", "snapshots", commit, "config.json"));
  });

  it("fetches files of a data set from any branch, into a folder of its own", async () => {
    at.hub.repositories["datasets/org/tiny"] = { "default/train/0000.parquet": large };
    at.hub.revisions.push("refs/convert/parquet");
    const options = { type: "dataset", revision: "refs/convert/parquet" } as const;
    const file = await hubFile("org/tiny", "default/train/0000.parquet", options);
    expect(file).toBe(join(at.home, "hub", "datasets--org--tiny", "snapshots", commit, "default/train/0000.parquet"));
    expect((await readFile(file!)).equals(large)).toBe(true);
    await expect(hubFile("org/none", "a", options)).rejects.toThrow(/no dataset org\/none/);
    expect(() => hubFile("org/tiny", "../../../a", options)).toThrow(/`path` must lie within the repository/);
  });

  it("needs no connection for what is in the cache", async () => {
    await hubFile("org/tiny", model);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    at.hub.requests = [];
    expect(await hubFile("org/tiny", model)).toBeDefined();
    expect(await hubFile("org/tiny", "modules.json")).toBeUndefined();
    await expect(hubFile("org/other", model)).rejects.toThrow(/HF_HUB_OFFLINE/);
    expect(at.hub.requests).toEqual([]);
    vi.stubEnv("HF_HUB_OFFLINE", "0");
    vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:9");
    expect(await hubFile("org/tiny", model)).toBeDefined();
    await expect(hubFile("org/tiny", "onnx/other.onnx")).rejects.toMatchObject({ code: "STORAGE" });
    await expect(hubFile("org/tiny", "model.safetensors")).rejects.toMatchObject({ code: "STORAGE" });
  });
});
