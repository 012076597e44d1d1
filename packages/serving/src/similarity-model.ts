import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  AbortedError,
  anything,
  checkOptions,
  type EmbeddingModel,
  type EncodeOptions,
  type FrozenEncoder,
  IncompatibleError,
  InvalidArgumentError,
  type Json,
  type ModelManifest,
  manifestFile,
  NonFiniteError,
  NotFoundError,
  nonEmptyString,
  parseManifest,
  positiveInteger,
  type ValuePart,
} from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import { loadEncoder } from "@quaterion/encoders";
import { type HeadSession, headSession } from "./head-session.js";

export interface SimilarityModelOptions<Value> {
  /** The model's encoder, where it is one of your own; those of `@quaterion/encoders` are loaded from the folder. */
  encoder?: FrozenEncoder<Value> | undefined;
  /** Threads that encoder and head may use; ONNX Runtime's choice where absent. */
  threads?: number | undefined;
}

/** Values encoded at a time: what progress is told in, and what an abort may have to wait for. */
const valuesAtOnce = 256;

/** A trained model that was read from its folder: encodes, and trains no more. */
export class SimilarityModel<Value = string> implements EmbeddingModel<Value> {
  readonly manifest: ModelManifest;
  readonly encoder: FrozenEncoder<Value>;
  /** Where it was read. */
  readonly folder: string;
  readonly #head: HeadSession;
  /** Pieces of a value that an explanation can leave out; absent where the encoder knows none. */
  readonly parts?: (value: Value) => readonly ValuePart<Value>[];

  private constructor(folder: string, manifest: ModelManifest, encoder: FrozenEncoder<Value>, head: HeadSession) {
    this.folder = folder;
    this.manifest = manifest;
    this.encoder = encoder;
    this.#head = head;
    if (encoder.parts) this.parts = (value) => encoder.parts!(value);
  }

  /**
   * Reads a model folder: `quaterion.json`, the encoder in `encoder/`, `head.onnx`. All bytes are checked against the manifest.
   * @throws {NotFoundError} when a file is missing or can't be read; the message names folder and file
   * @throws {IncompatibleError} when it is no model, one of another version, or bytes have changed
   */
  static async load<Value = string>(folder: string, options: SimilarityModelOptions<Value> = {}): Promise<SimilarityModel<Value>> {
    checkOptions("SimilarityModel.load", options, { encoder: anything, threads: positiveInteger });
    nonEmptyString(folder, "folder");
    const text = await bytesOf(join(folder, manifestFile), folder);
    const manifest = parseManifest(new TextDecoder().decode(text), folder);
    const encoder = await encoderOf(manifest, folder, options.encoder, options.threads);
    const path = join(folder, manifest.head.file);
    const bytes = await bytesOf(path, folder);
    if (sha256(bytes) !== manifest.head.sha256) throw changed(path);
    return new SimilarityModel(folder, manifest, encoder, await headSession(bytes, path, encoder.dim, manifest.dim, options.threads));
  }

  /** The encoder, where a head alone was trained on it. */
  get base(): EmbeddingModel<Value> | undefined {
    return this.encoderTrained ? undefined : this.encoder;
  }

  /** Whether the encoder was trained itself. */
  get encoderTrained(): boolean {
    return this.manifest.encoderTrained === true;
  }

  get fingerprint(): string {
    return this.manifest.fingerprint;
  }

  get dim(): number {
    return this.manifest.dim;
  }

  /** Label spaces it was trained on. */
  get spaces(): ModelManifest["spaces"] {
    return this.manifest.spaces;
  }

  /** Relations between labels that were declared when it was trained. */
  get relations(): Json {
    return this.manifest.relations;
  }

  /** @returns embeddings `[values, dim]`, row-major, finite; of length 1 where `manifest.normalized` says so */
  async encode(values: readonly Value[], { role, signal, onProgress }: EncodeOptions = {}): Promise<Float32Array> {
    const out = new Float32Array(values.length * this.dim);
    for (let start = 0; start < values.length; start += valuesAtOnce) {
      if (signal?.aborted) throw new AbortedError(`Encoding was stopped after ${start} of ${values.length} values.`);
      onProgress?.({ phase: "encoding", done: start, total: values.length, unit: "values" });
      const batch = values.slice(start, start + valuesAtOnce);
      out.set(await this.encodeVectors(await this.encoder.encode(batch, { role, signal })), start * this.dim);
    }
    onProgress?.({ phase: "encoding", done: values.length, total: values.length, unit: "values" });
    return out;
  }

  /** Embeddings of vectors that the encoder made already. @param vectors `[rows, encoder.dim]` @returns `[rows, dim]` */
  async encodeVectors(vectors: Float32Array): Promise<Float32Array> {
    if (!(vectors instanceof Float32Array) || vectors.length % this.encoder.dim !== 0) {
      throw new InvalidArgumentError(`\`vectors\` must be a Float32Array of rows of ${this.encoder.dim} numbers, the encoder's dimension.`);
    }
    const embeddings = await this.#head.run(vectors);
    const bad = embeddings.findIndex((number) => !Number.isFinite(number));
    if (bad >= 0) throw new NonFiniteError(`The model in ${this.folder} made ${embeddings[bad]} of vector ${Math.floor(bad / this.dim)}.`);
    return embeddings;
  }
}

async function encoderOf<Value>(
  manifest: ModelManifest,
  folder: string,
  own: FrozenEncoder<Value> | undefined,
  threads: number | undefined,
): Promise<FrozenEncoder<Value>> {
  const { name, fingerprint } = manifest.encoder;
  const encoder = own ?? (await loadEncoder<Value>(manifest.encoder, join(folder, "encoder"), { threads }));
  if (encoder.fingerprint !== fingerprint) {
    throw new IncompatibleError(
      `${folder} was trained with the encoder "${name}" (fingerprint ${fingerprint.slice(0, 12)}…); received "${encoder.name}" (${encoder.fingerprint.slice(0, 12)}…). Pass the encoder that it was trained with.`,
    );
  }
  return encoder;
}

async function bytesOf(path: string, folder: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === "ENOENT" ? "is not there" : `can't be read (${cause.message})`;
    throw new NotFoundError(`Could not load a model from ${folder}: ${path} ${why}. Save the model again, or point to its folder.`, {
      cause,
    });
  });
}

function changed(path: string): IncompatibleError {
  return new IncompatibleError(
    `${path} is not the file that was saved with the model: its bytes have changed. Save the model again, or restore the file.`,
  );
}
