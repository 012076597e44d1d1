import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { commit, eachWithLocalHub } from "../../../test/local-hub.js";
import { hubListing } from "./hub-listing.js";

const at = eachWithLocalHub();
const options = { type: "dataset", revision: "refs/convert/parquet" } as const;
const files = ["default/train/0000.parquet", "default/test/0000.parquet"];
beforeEach(() => {
  at.hub.repositories["datasets/org/tiny"] = Object.fromEntries(files.map((path) => [path, "PAR1"]));
  at.hub.revisions.push("refs/convert/parquet");
});

describe("hubListing", () => {
  it("names the commit and its files", async () => {
    expect(await hubListing("org/tiny", options)).toEqual({ commit, files });
    expect(at.hub.requests).toEqual(["GET /api/datasets/org/tiny/revision/refs/convert/parquet"]);
  });

  it("asks again for a branch, and nothing for a commit that was asked for", async () => {
    await hubListing("org/tiny", options);
    at.hub.repositories["datasets/org/tiny"]!["default/train/0001.parquet"] = "PAR1";
    expect((await hubListing("org/tiny", options))!.files).toHaveLength(3);
    at.hub.requests = [];
    expect((await hubListing("org/tiny", { ...options, revision: commit }))!.files).toHaveLength(3);
    expect(at.hub.requests).toEqual([]);
  });

  it("gives undefined for a revision that is not there, and says what else is wrong", async () => {
    expect(await hubListing("org/tiny", { ...options, revision: "v9" })).toBeUndefined();
    await expect(hubListing("org/none", options)).rejects.toThrow(/no dataset org\/none.*set HF_TOKEN/s);
    await expect(hubListing("org/gated", options)).rejects.toThrow(/on conditions.*datasets\/org\/gated/);
    await expect(hubListing("org/tiny", { ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("needs no connection for what was asked before", async () => {
    await hubListing("org/tiny", options);
    at.hub.requests = [];
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect(await hubListing("org/tiny", options)).toEqual({ commit, files });
    await expect(hubListing("org/other", options)).rejects.toThrow(/HF_HUB_OFFLINE/);
    expect(at.hub.requests).toEqual([]);
    vi.stubEnv("HF_HUB_OFFLINE", "");
    vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:9");
    expect(await hubListing("org/tiny", options)).toEqual({ commit, files });
    await expect(hubListing("org/other", options)).rejects.toMatchObject({ code: "STORAGE" });
  });

  it("asks again where what it kept is damaged", async () => {
    await hubListing("org/tiny", options);
    await writeFile(join(at.home, "quaterion", "hub", "datasets--org--tiny", `${commit}.json`), "{");
    expect(await hubListing("org/tiny", { ...options, revision: commit })).toEqual({ commit, files });
  });
});
