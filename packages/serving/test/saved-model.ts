import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { manifestFile } from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import { encodeOnnxModel } from "@quaterion/formats";
import { LetterEncoder } from "./letter-encoder.js";

/** Writes a model folder: the letter encoder, and a head that halves its vectors to the first `dim` numbers of each. */
export async function saveHalvingModel(folder: string, dim = 16): Promise<LetterEncoder> {
  const encoder = new LetterEncoder();
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
  return encoder;
}
