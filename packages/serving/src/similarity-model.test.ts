import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FrozenEncoder, IncompatibleError, manifestFile, NonFiniteError, NotFoundError } from "@quaterion/core";
import { hashingEncoder } from "@quaterion/encoders";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LetterEncoder } from "../test/letter-encoder.js";
import { saveHalvingModel } from "../test/saved-model.js";
import { SimilarityModel } from "./similarity-model.js";

let folder: string;
const encoder = new LetterEncoder();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-serving-"));
  await saveHalvingModel(folder, encoder);
});
afterEach(() => rm(folder, { recursive: true }));

describe("SimilarityModel", () => {
  it("encodes with encoder and head", async () => {
    const model = await SimilarityModel.load(folder, { encoder, threads: 1 });
    const values = Array.from({ length: 300 }, (_, i) => `text number ${i}`);
    const vectors = await encoder.encode(values);
    const embeddings = await model.encode(values);
    expect(model.dim).toBe(16);
    expect(embeddings).toHaveLength(300 * 16);
    for (const [i, number] of embeddings.entries()) expect(number).toBe(0.5 * vectors[Math.floor(i / 16) * 32 + (i % 16)]!);
    expect(await model.encode([])).toHaveLength(0);
  });

  it("has its encoder as its base where a head alone was trained, and none where the encoder was", async () => {
    const model = await SimilarityModel.load(folder, { encoder });
    expect([model.encoderTrained, model.base]).toEqual([false, encoder]);
    const path = join(folder, manifestFile);
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, "utf8")), encoderTrained: true }));
    const trained = await SimilarityModel.load(folder, { encoder });
    expect([trained.encoderTrained, trained.base]).toEqual([true, undefined]);
  });

  it("finds its encoder in the folder", async () => {
    const hashing = hashingEncoder({ dim: 64 });
    const other = join(folder, "other");
    await saveHalvingModel(other, hashing);
    const model = await SimilarityModel.load(other);
    const vectors = await hashing.encode(["a text"]);
    expect(await model.encode(["a text"])).toEqual(vectors.slice(0, 16).map((number) => number / 2));
  });

  it("knows fingerprint, spaces, relations and the parts of a value", async () => {
    const model = await SimilarityModel.load(folder, { encoder });
    expect(model.fingerprint).toBe(model.manifest.fingerprint);
    expect(model.spaces).toEqual([{ name: "labels", labels: ["a", "b"] }]);
    expect(model.relations).toEqual({});
    expect(model.parts?.("two words")).toEqual(encoder.parts("two words"));
    const { name, dim, fingerprint, key, encode, save } = encoder;
    const plain: FrozenEncoder<string> = { name, dim, fingerprint, key, encode, save };
    expect((await SimilarityModel.load(folder, { encoder: plain })).parts).toBeUndefined();
  });

  it("tells how far it is, and stops when it is told to", async () => {
    const model = await SimilarityModel.load(folder, { encoder });
    const values = Array.from({ length: 600 }, (_, i) => `${i}`);
    const seen: number[] = [];
    await model.encode(values, { onProgress: ({ done }) => seen.push(done) });
    expect(seen).toEqual([0, 256, 512, 600]);
    const controller = new AbortController();
    const onProgress = ({ done }: { done: number }) => done === 256 && controller.abort();
    await expect(model.encode(values, { signal: controller.signal, onProgress })).rejects.toThrow("stopped after 512 of 600 values");
  });

  it("never returns a number that is none", async () => {
    const model = await SimilarityModel.load(folder, { encoder });
    await expect(model.encodeVectors(new Float32Array(32).fill(Number.NaN))).rejects.toThrow(NonFiniteError);
  });

  it("names folder and file when something is missing", async () => {
    await expect(SimilarityModel.load(join(folder, "none"))).rejects.toThrow(NotFoundError);
    await expect(SimilarityModel.load(join(folder, "none"))).rejects.toThrow(`${join(folder, "none", manifestFile)} is not there`);
    await rm(join(folder, "head.onnx"));
    await expect(SimilarityModel.load(folder, { encoder })).rejects.toThrow(`${join(folder, "head.onnx")} is not there`);
  });

  it("refuses bytes that have changed, another version and another encoder", async () => {
    const manifest = JSON.parse(await readFile(join(folder, manifestFile), "utf8"));
    await writeFile(join(folder, manifestFile), JSON.stringify({ ...manifest, version: 9 }));
    await expect(SimilarityModel.load(folder, { encoder })).rejects.toThrow(`${folder} holds a model of version 9`);
    await writeFile(
      join(folder, manifestFile),
      JSON.stringify({ ...manifest, encoder: { ...manifest.encoder, fingerprint: "0123456789abcdef" } }),
    );
    await expect(SimilarityModel.load(folder, { encoder })).rejects.toThrow("Pass the encoder that it was trained with");
    await writeFile(join(folder, manifestFile), JSON.stringify(manifest));
    await writeFile(join(folder, "head.onnx"), "not the same");
    const changed = SimilarityModel.load(folder, { encoder });
    await expect(changed).rejects.toThrow(IncompatibleError);
    await expect(changed).rejects.toThrow(`${join(folder, "head.onnx")} is not the file that was saved`);
  });
});
