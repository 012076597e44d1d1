import "@tensorflow/tfjs-backend-cpu";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseManifest } from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import { gatedHead, linearHead, skipConnectionHead, stackedHead } from "@quaterion/encoders/trainable";
import { readSafetensors } from "@quaterion/formats";
import * as tf from "@tensorflow/tfjs-core";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clusters, pointEncoder } from "../test/array-data.js";
import { pullAndPush } from "../test/losses.js";
import { fit } from "./fit.js";

const dim = 8;
const data = clusters(1);
const train = (options: Partial<Parameters<typeof fit<readonly number[]>>[0]> = {}) =>
  fit({ data, encoder: pointEncoder(dim), loss: pullAndPush, steps: 5, learningRate: 0.02, engine: "cpu", ...options }).then(
    ({ model }) => model,
  );

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-model-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a trained model", () => {
  it.each([
    ["linear", linearHead({ dim: 5 })],
    ["skip connection", skipConnectionHead({ layers: 2, dropout: 0.2 })],
    ["gated", gatedHead()],
    ["stacked", stackedHead({ dims: [16, 4], activation: "gelu" })],
  ])("with a %s head gives the same embeddings from its saved graph, for any number of rows", async (_, head) => {
    const before = tf.memory().numTensors;
    for (const normalize of [true, false]) {
      const model = await train({ head, normalize });
      await model.save(join(folder, "model"));
      const session = await InferenceSession.create(join(folder, "model", "head.onnx"));
      expect([session.inputNames, session.outputNames]).toEqual([["input"], ["embedding"]]);
      for (const rows of [1, 7, 36]) {
        const vectors = Float32Array.from(data.values.slice(0, rows).flat());
        const { embedding } = await session.run({ input: new Tensor("float32", vectors, [rows, dim]) });
        expect(embedding!.dims).toEqual([rows, model.dim]);
        const own = await model.encodeVectors(vectors);
        for (const [i, value] of own.entries()) expect(Math.abs((embedding!.data as Float32Array)[i]! - value)).toBeLessThan(1e-5);
      }
      await session.release();
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it("saves a manifest that names every file, and the same bytes for the same run", async () => {
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    const model = await train();
    await model.save(one);
    await (await train()).save(two);
    const manifest = parseManifest(await readFile(join(one, "quaterion.json"), "utf8"), one);
    expect(manifest).toMatchObject({
      fingerprint: model.fingerprint,
      dim,
      encoder: { kind: "points", dim },
      head: { name: "linear", config: { start: "identity" }, sha256: sha256(await readFile(join(one, "head.onnx"))) },
      normalized: true,
      training: { loss: { name: "pullAndPush", config: null }, steps: 5, seed: 1, engine: "cpu" },
    });
    expect(manifest.spaces).toEqual([{ name: "a", labels: data.spaces[0]!.labels }]);
    expect((await readdir(one)).sort()).toEqual(["encoder", "head.onnx", "head.safetensors", "quaterion.json"]);
    for (const file of ["head.onnx", "head.safetensors", "quaterion.json"])
      expect(sha256(await readFile(join(two, file))), file).toBe(sha256(await readFile(join(one, file))));
    const { tensors } = readSafetensors(new Uint8Array(await readFile(join(one, "head.safetensors"))));
    expect(tensors.get("kernel")!.data).toEqual(model.weights["kernel"]!.values);
  });

  it("takes the place of an older model, and of nothing else", async () => {
    const model = await train({ steps: 1 });
    const path = join(folder, "model");
    await model.save(path);
    await mkdir(join(path, "references"));
    await model.save(path);
    expect(await readdir(path)).not.toContain("references");
    await mkdir(join(folder, "empty"));
    await model.save(join(folder, "empty"));
    await mkdir(join(folder, "photos"));
    await writeFile(join(folder, "photos", "cat.jpg"), "meow");
    await expect(model.save(join(folder, "photos"))).rejects.toMatchObject({
      code: "STORAGE",
      message: expect.stringContaining("it holds other files (cat.jpg)"),
    });
    expect(await readdir(join(folder, "photos"))).toEqual(["cat.jpg"]);
    await mkdir(join(folder, "other"));
    await writeFile(join(folder, "other", "quaterion.json"), '{"format": "album"}');
    await expect(model.save(join(folder, "other"))).rejects.toThrow("it holds other files (quaterion.json)");
    await expect(model.save(join(folder, "photos", "cat.jpg"))).rejects.toThrow("it is a file");
  });

  it("encodes values as it encodes their vectors, in any number", async () => {
    const model = await train();
    const all = await model.encode(data.values);
    expect(await model.encodeVectors(Float32Array.from(data.values.flat()))).toEqual(all);
    expect(await model.encode([data.values[3]!])).toEqual(all.slice(3 * dim, 4 * dim));
    const many = Array.from({ length: 600 }, (_, i) => data.values[i % 36]!);
    const tiled = await model.encode(many);
    expect(tiled.length).toBe(600 * dim);
    expect(tiled.slice(599 * dim)).toEqual(all.slice((599 % 36) * dim, ((599 % 36) + 1) * dim));
    expect(await model.encode([])).toEqual(new Float32Array(0));
    await expect(model.encodeVectors(new Float32Array(dim + 1))).rejects.toThrow("rows of the encoder's dimension, 8; received 9 numbers");
  });

  it("has the encoder below its head as its base, whose vectors make its embeddings", async () => {
    const model = await train();
    const values = data.values.slice(0, 9);
    const below = await model.base!.encode(values);
    expect(below).toEqual(await model.encoder.encode(values));
    expect([model.base!.dim, model.base!.fingerprint]).toEqual([dim, model.encoder.fingerprint]);
    expect(await model.encodeVectors(below)).toEqual(await model.encode(values));
  });

  it("has a fingerprint that changes with weights and normalisation alone", async () => {
    const { fingerprint } = await train();
    expect((await train()).fingerprint).toBe(fingerprint);
    expect((await train({ seed: 2 })).fingerprint).not.toBe(fingerprint);
    expect((await train({ normalize: false })).fingerprint).not.toBe(fingerprint);
  });

  it("has embeddings of length 1, or with `normalize: false` what the head gives", async () => {
    const vectors = Float32Array.from(data.values.flat());
    const model = await train({ normalize: false });
    const { kernel, bias } = model.weights;
    const raw = await model.encodeVectors(vectors);
    for (let i = 0; i < raw.length; i++) {
      const [row, column] = [Math.floor(i / dim), i % dim];
      let value = bias!.values[column]!;
      for (let k = 0; k < dim; k++) value += vectors[row * dim + k]! * kernel!.values[k * dim + column]!;
      expect(Math.abs(raw[i]! - value)).toBeLessThan(1e-5);
    }
    const unit = await (await train()).encodeVectors(vectors);
    for (let row = 0; row < data.values.length; row++) expect(Math.hypot(...unit.subarray(row * dim, (row + 1) * dim))).toBeCloseTo(1, 6);
  });

  it("keeps a zero vector zero", async () => {
    const model = await train({ head: gatedHead() });
    expect(await model.encodeVectors(new Float32Array(dim))).toEqual(new Float32Array(dim));
  });
});
