import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FrozenEncoder, type Json, type ModelManifest, manifestFile, manifestVersion, Random, StorageError } from "@quaterion/core";
import { sha256, writeFolderAtomic } from "@quaterion/core/node";
import type { Head, InitialTensor } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { embed } from "./embed.js";
import { tensorsOf } from "./tensors-of.js";
import { weightsFile } from "./weights-file.js";

/** What a saved model's folder is written from. */
export interface ModelFacts<Value> {
  readonly encoder: FrozenEncoder<Value>;
  readonly head: Head;
  readonly weights: Readonly<Record<string, InitialTensor>>;
  readonly normalized: boolean;
  readonly encoderTrained: boolean;
  readonly fingerprint: string;
  readonly dim: number;
  readonly spaces: readonly { readonly name: string; readonly labels: readonly string[] }[];
  readonly relations: Json;
  readonly training: Json;
}

/**
 * Writes a model folder whole or not at all.
 * @throws {StorageError} when it can't be written, or `folder` holds something that is no Quaterion model
 */
export async function saveModel<Value>(folder: string, facts: ModelFacts<Value>): Promise<void> {
  await checkModelFolder(folder);
  const onnx = await headGraph(facts);
  const weights = weightsFile(facts.weights, { head: facts.head.name });
  await writeFolderAtomic(folder, async (to) => {
    await mkdir(join(to, "encoder"));
    const encoder = await facts.encoder.save(join(to, "encoder"));
    await writeFile(join(to, "head.onnx"), onnx);
    await writeFile(join(to, "head.safetensors"), weights);
    const manifest: ModelManifest = {
      format: "quaterion-model",
      version: manifestVersion,
      fingerprint: facts.fingerprint,
      dim: facts.dim,
      encoder,
      head: {
        file: "head.onnx",
        weights: "head.safetensors",
        name: facts.head.name,
        config: facts.head.config,
        sha256: sha256(onnx),
      },
      normalized: facts.normalized,
      ...(facts.encoderTrained && { encoderTrained: true }),
      spaces: facts.spaces,
      relations: facts.relations,
      training: facts.training,
    };
    await writeFile(join(to, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
  });
}

/**
 * Refuses a folder that a model can't be saved to: it is replaced as a whole, so nothing but an older model may be in it. `model.save` asks the
 * same; asked before training, it saves a run in vain.
 * @throws {StorageError} when `folder` is a file, or holds something that is no Quaterion model
 */
export async function checkModelFolder(folder: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    throw new StorageError(
      `Could not save the model to ${folder}: ${code === "ENOTDIR" ? "it is a file" : message}. Choose another folder.`,
      { cause },
    );
  }
  if (names.length === 0) return;
  try {
    const { format } = JSON.parse(await readFile(join(folder, manifestFile), "utf8"));
    if (format === "quaterion-model") return;
  } catch {
    // No manifest, or none that can be read: not ours to replace.
  }
  throw new StorageError(
    `Could not save the model to ${folder}: it holds other files (${names.slice(0, 3).join(", ")}), and saving would replace them. Choose a new or empty folder, or that of an older model.`,
  );
}

/** The head, and the normalisation where there is one, as an ONNX model: `input [batch, encoder dim]` → `embedding [batch, dim]`. */
async function headGraph<Value>({ head, weights, encoder, normalized, fingerprint }: ModelFacts<Value>): Promise<Uint8Array> {
  const { traceToOnnx } = await import("@quaterion/tfjs-backend-onnxruntime");
  const before = tf.getBackend();
  await tf.setBackend("onnxruntime");
  const constants = tensorsOf(weights);
  try {
    const step = { training: false, random: new Random(0) };
    return await traceToOnnx(
      (input) => ({ embedding: embed(head, input as tf.Tensor2D, constants, step, normalized) }),
      [{ name: "input", shape: ["batch", encoder.dim] }],
      { graphName: head.name, producer: { name: "@quaterion/trainer" }, metadata: { "quaterion.fingerprint": fingerprint } },
    );
  } finally {
    tf.dispose(constants);
    if (before) await tf.setBackend(before);
  }
}
