import { float16FromFloat32, readSafetensors, type SafetensorsTensor, writeSafetensors } from "@quaterion/formats";
import { describe, expect, it } from "vitest";
import { fixture, jsonFixture } from "../../../test/tiny-transformer.js";
import { modelSafetensors } from "./model-files.js";
import { readTransformerConfig } from "./transformer-config.js";
import { readTransformerWeights } from "./transformer-weights.js";

const config = readTransformerConfig(await jsonFixture("bert.config.json"), "bert");
const bytes = await fixture("bert.safetensors");
const plain = readTransformerWeights(bytes, config, "bert");
const changed = (change: (name: string, tensor: SafetensorsTensor) => [string, SafetensorsTensor]) =>
  writeSafetensors(new Map([...readSafetensors(bytes).tensors].map(([name, tensor]) => change(name, tensor))));

describe("readTransformerWeights", () => {
  it("keeps what takes no part, so that the saved file has all that was read", () => {
    expect([...plain.others.keys()]).toEqual(["pooler.dense.weight", "pooler.dense.bias"].sort());
    const saved = readSafetensors(modelSafetensors(plain.weights, plain)).tensors;
    expect(saved).toEqual(readSafetensors(bytes).tensors);
  });

  it("reads names with a prefix, and TensorFlow's names of norms, and saves with the prefix", () => {
    const old = changed((name, tensor) => [
      `bert.${name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")}`,
      tensor,
    ]);
    const read = readTransformerWeights(old, config, "old");
    expect(read.prefix).toBe("bert.");
    expect(read.weights).toEqual(plain.weights);
    const saved = readSafetensors(modelSafetensors(read.weights, read)).tensors;
    expect([...saved.keys()].sort()).toEqual([...readSafetensors(bytes).tensors.keys()].map((name) => `bert.${name}`).sort());
  });

  it("reads half precision as float32", () => {
    const half = changed((name, tensor) => [
      name,
      { dtype: "F16", shape: tensor.shape, data: float16FromFloat32(tensor.data as Float32Array) },
    ]);
    const brain = changed((name, tensor) => [
      name,
      {
        dtype: "BF16",
        shape: tensor.shape,
        data: Uint16Array.from(new Uint32Array((tensor.data as Float32Array).slice().buffer), (bits) => bits >>> 16),
      },
    ]);
    for (const [file, relative] of [
      [half, 2 ** -10],
      [brain, 2 ** -7],
    ] as const) {
      const { weights } = readTransformerWeights(file, config, "half");
      for (const [name, { values }] of Object.entries(weights)) {
        const exact = plain.weights[name]!.values;
        for (let i = 0; i < values.length; i += 7)
          expect(Math.abs(values[i]! - exact[i]!)).toBeLessThanOrEqual(relative * Math.abs(exact[i]!) + 1e-7);
      }
    }
  });

  it("refuses numbers that are none, and whole numbers", () => {
    const poisoned = changed((name, tensor) => [
      name,
      name === "embeddings.LayerNorm.bias"
        ? { dtype: "F32", shape: tensor.shape, data: (tensor.data as Float32Array).with(3, Number.NaN) }
        : tensor,
    ]);
    expect(() => readTransformerWeights(poisoned, config, "file")).toThrow("file: tensor embeddings.LayerNorm.bias holds NaN at place 3.");
    const whole = changed((name, tensor) => [
      name,
      name === "embeddings.LayerNorm.bias" ? { dtype: "I32", shape: tensor.shape, data: new Int32Array(64) } : tensor,
    ]);
    expect(() => readTransformerWeights(whole, config, "file")).toThrow(
      "embeddings.LayerNorm.bias must be F32, F16 or BF16; received I32.",
    );
  });
});
