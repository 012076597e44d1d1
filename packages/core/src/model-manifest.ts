import { nonEmptyString, shown } from "./checks.js";
import type { EncoderReference } from "./encoder.js";
import { IncompatibleError } from "./errors.js";
import type { Json } from "./json.js";

/** Name of the file in a model folder that {@link ModelManifest} is written to. */
export const manifestFile = "quaterion.json";

/** Version of the folder's layout that this code writes; it reads no other. */
export const manifestVersion = 1;

/** What a saved model's folder says of itself; files beside it: `encoder/`, `head.onnx`, `head.safetensors`, `references/`. */
export interface ModelManifest {
  readonly format: "quaterion-model";
  readonly version: number;
  /** Changes when any vector of the model could. */
  readonly fingerprint: string;
  readonly dim: number;
  /** Files of the encoder lie in `encoder/`. */
  readonly encoder: EncoderReference;
  /** ONNX graph from encoder vectors `input [batch, encoder dim]` to embeddings `embedding [batch, dim]`, of length 1 when `normalized`. */
  readonly head: { readonly file: string; readonly weights: string; readonly name: string; readonly config: Json; readonly sha256: string };
  readonly normalized: boolean;
  /** True where the encoder was trained itself, and not the head alone. */
  readonly encoderTrained?: boolean;
  readonly spaces: readonly { readonly name: string; readonly labels: readonly string[] }[];
  readonly relations: Json;
  /** Facts of the training run: seed, engine, loss, steps, versions. */
  readonly training: Json;
}

/**
 * Checks the text of a manifest and returns it.
 * @param folder where it was read, for messages
 * @throws {IncompatibleError} when it is not a manifest, or one of another version
 */
export function parseManifest(text: string, folder: string): ModelManifest {
  let json: Partial<ModelManifest> | null;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new IncompatibleError(`${folder}/${manifestFile} is not JSON. Save the model again, or point to another folder.`, { cause });
  }
  if (typeof json !== "object" || json === null || json.format !== "quaterion-model") {
    throw new IncompatibleError(
      `${folder}/${manifestFile} does not describe a Quaterion model: expected "format": "quaterion-model", received ${shown(json?.format)}.`,
    );
  }
  if (json.version !== manifestVersion) {
    throw new IncompatibleError(
      `${folder} holds a model of version ${shown(json.version)}; this release reads version ${manifestVersion}. Save it again with this release, or load it with the one that wrote it.`,
    );
  }
  try {
    nonEmptyString(json.fingerprint, "fingerprint");
    nonEmptyString(json.encoder?.kind, "encoder.kind");
    safePath(json.head?.file, "head.file");
    safePath(json.head?.weights, "head.weights");
    for (const file of Object.keys(json.encoder?.files ?? {})) safePath(file, "encoder.files");
  } catch (cause) {
    throw new IncompatibleError(`${folder}/${manifestFile} is damaged: ${(cause as Error).message} Save the model again.`, { cause });
  }
  return json as ModelManifest;
}

/** Refuses a path that could leave the model's folder. */
function safePath(path: unknown, argument: string): void {
  const text = nonEmptyString(path, argument);
  if (/^([/\\]|[a-zA-Z]:)/.test(text) || text.split(/[/\\]/).includes(".."))
    throw new IncompatibleError(`\`${argument}\` points out of the model's folder: ${shown(text)}.`);
}
