import type { Json } from "./json.js";
import type { OnProgress } from "./progress.js";

/** What a value is to the one who asks: models that were trained with prompts encode the two differently. */
export type Role = "query" | "document";

/** What a call of `encode` may ask for. */
export interface EncodeOptions {
  role?: Role | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}

/** A piece of a value that an explanation can leave out: a word, a patch. */
export interface ValuePart<Value> {
  readonly name: string;
  /** The value with this part left out. */
  readonly without: Value;
}

/** What turns values into vectors: an encoder, or a trained model (encoder and head). */
export interface EmbeddingModel<Value> {
  /** Changes when any vector could: bytes of model and tokenizer, pooling, precision, prompts, head. Hexadecimal. */
  readonly fingerprint: string;
  readonly dim: number;
  /** @returns `[values, dim]`, row-major, finite */
  encode(values: readonly Value[], options?: EncodeOptions): Promise<Float32Array>;
  parts?(value: Value): readonly ValuePart<Value>[];
  /** For a head on an encoder that was not trained: the encoder. What it says of samples that the head was trained on is not flattered by the training. */
  readonly base?: EmbeddingModel<Value> | undefined;
  /** The encoder itself was trained, and not a head on it alone: all that it says of the samples it was trained on is flattered by the training. */
  readonly encoderTrained?: boolean;
  /** For a model with a `base`: embeddings of vectors that the base made. @param vectors `[vectors, base.dim]` @returns `[vectors, dim]` */
  encodeVectors?(vectors: Float32Array): Promise<Float32Array>;
}

/** An encoder whose weights do not change: its vectors can be cached. */
export interface FrozenEncoder<Value> extends EmbeddingModel<Value> {
  /** One word or two for reports: "all-MiniLM-L6-v2". */
  readonly name: string;
  /** Roles that change the vectors; absent where the role makes no difference, so that vectors are shared between roles. */
  readonly roles?: readonly Role[];
  /** The content of a value, as bytes: what the cache key is made of. Equal content, equal bytes. */
  key(value: Value): Uint8Array | Promise<Uint8Array>;
  /** Writes all files that are needed to load it again into `folder` (which exists and is empty). */
  save(folder: string): Promise<EncoderReference>;
}

/** What a saved model says of its encoder: enough to load it again, and to notice when a file is not the one it was trained with. */
export interface EncoderReference {
  /** Which kind of encoder: "onnx-text", "hashing", "multi", … */
  readonly kind: string;
  readonly name: string;
  readonly fingerprint: string;
  readonly dim: number;
  /** Files in the folder, path → sha256 in hexadecimal. */
  readonly files: Readonly<Record<string, string>>;
  readonly config: Json;
}
