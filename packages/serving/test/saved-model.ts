import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FrozenEncoder, manifestFile } from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import { encodeOnnxModel } from "@quaterion/formats";

/** Writes a model folder: an encoder, and a head that takes half of the first 16 numbers of its vectors. */
export async function saveHalvingModel<Value>(folder: string, encoder: FrozenEncoder<Value>): Promise<void> {
  const dim = 16;
  const encoderFolder = join(folder, "encoder");
  await mkdir(encoderFolder, { recursive: true });
  const reference = await encoder.save(encoderFolder);
  const weights = new Float32Array(encoder.dim * dim);
  for (let k = 0; k < dim; k++) weights[k * dim + k] = 0.5;
  const onnx = encodeOnnxModel({
    nodes: [{ op: "MatMul", inputs: ["input", "weights"], outputs: ["embedding"] }],
    inputs: [{ name: "input", dtype: "float32", shape: ["batch", encoder.dim] }],
    outputs: [{ name: "embedding", dtype: "float32", shape: ["batch", dim] }],
    initializers: [{ name: "weights", dtype: "float32", shape: [encoder.dim, dim], data: weights }],
  });
  await writeFile(join(folder, "head.onnx"), onnx);
  const manifest = {
    format: "quaterion-model",
    version: 1,
    fingerprint: sha256("halving", String(dim)),
    dim,
    encoder: reference,
    head: { file: "head.onnx", weights: "head.safetensors", name: "halving", config: {}, sha256: sha256(onnx) },
    normalized: false,
    spaces: [{ name: "labels", labels: ["a", "b"] }],
    relations: {},
    training: {},
  };
  await writeFile(join(folder, manifestFile), JSON.stringify(manifest));
}
