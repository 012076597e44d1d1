import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type EncoderReference,
  type FrozenEncoder,
  IncompatibleError,
  InvalidArgumentError,
  NotFoundError,
  shown,
  suggestion,
} from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import { readSafetensors, writeSafetensors } from "@quaterion/formats";
import { namedFile, verifyFiles } from "../saved-files.js";
import { textKey } from "../text/text-key.js";
import { checkSameEncoder } from "./saved-parts.js";
import { checkVector, type VectorValue } from "./vector-encoder.js";

/** Vectors that were computed elsewhere, by the id of what they stand for. */
export type PrecomputedVectors =
  | ReadonlyMap<string, VectorValue>
  /** `vectors`: one for each id, or all in a row, `[ids, dim]`. */
  | { readonly ids: readonly string[]; readonly vectors: Float32Array | readonly VectorValue[] };

/**
 * Vectors that were computed elsewhere: a value is an id, its vector is looked up. Float32 `[values, dim]`, as given.
 * @throws {InvalidArgumentError} for no vectors, ids that occur twice or are not texts, vectors of different sizes or with NaN
 * @throws {NotFoundError} from `encode`, for an id without a vector
 */
export function precomputed(given: PrecomputedVectors): FrozenEncoder<string> {
  const { ids, vectors, dim } = collect(given);
  const rows = new Map(ids.map((id, row) => [id, row]));
  const name = `${ids.length} precomputed vectors`;
  const idText = JSON.stringify(ids);
  const bytes = writeSafetensors({ vectors: { dtype: "F32", shape: [ids.length, dim], data: vectors } });
  const fingerprint = sha256("precomputed/1", idText, bytes);
  return {
    name,
    fingerprint,
    dim,
    async encode(values) {
      const found = new Float32Array(values.length * dim);
      for (const [i, id] of values.entries()) {
        const row = rows.get(id);
        if (row === undefined) {
          const hint = typeof id === "string" ? suggestion(id, ids.slice(0, 10_000)) : "";
          throw new NotFoundError(`\`values[${i}]\` is ${shown(id)}, which has no precomputed vector.${hint}`);
        }
        found.set(vectors.subarray(row * dim, (row + 1) * dim), i * dim);
      }
      return found;
    },
    key: textKey,
    async save(folder): Promise<EncoderReference> {
      await writeFile(join(folder, "ids.json"), idText);
      await writeFile(join(folder, "vectors.safetensors"), bytes);
      const files = { "ids.json": sha256(idText), "vectors.safetensors": sha256(bytes) };
      return { kind: "precomputed", name, fingerprint, dim, files, config: {} };
    },
  };
}

/** The encoder that a reference of kind "precomputed" describes. */
export async function loadPrecomputed(reference: EncoderReference, folder: string): Promise<FrozenEncoder<string>> {
  const files = await verifyFiles(reference, folder);
  const ids = JSON.parse(await readFile(namedFile(files, "ids.json", reference), "utf8")) as string[];
  const tensor = readSafetensors(new Uint8Array(await readFile(namedFile(files, "vectors.safetensors", reference)))).tensors.get("vectors");
  if (tensor?.dtype !== "F32")
    throw new IncompatibleError(`The saved encoder "${reference.name}" must hold float32 vectors. Save the model again.`);
  return checkSameEncoder(precomputed({ ids, vectors: tensor.data }), reference);
}

function collect(given: PrecomputedVectors): { ids: readonly string[]; vectors: Float32Array; dim: number } {
  const ids = given instanceof Map ? [...given.keys()] : (given as { ids?: readonly string[] } | undefined)?.ids;
  const source: unknown = given instanceof Map ? [...given.values()] : (given as { vectors?: unknown } | undefined)?.vectors;
  if (!Array.isArray(ids) || !(Array.isArray(source) || source instanceof Float32Array)) {
    throw new InvalidArgumentError(`\`precomputed\` needs a Map from ids to vectors, or { ids, vectors }; received ${shown(given)}.`);
  }
  if (ids.length === 0) throw new InvalidArgumentError("`precomputed` needs at least one vector; received none.");
  const seen = new Set<unknown>();
  for (const [i, id] of ids.entries()) {
    if (typeof id !== "string") throw new InvalidArgumentError(`\`ids[${i}]\` must be a text; received ${shown(id)}.`);
    if (seen.has(id))
      throw new InvalidArgumentError(`\`ids[${i}]\` occurs before: ${shown(id)} must have one vector. Leave the other out.`);
    seen.add(id);
  }
  if (source instanceof Float32Array) {
    const dim = source.length / ids.length;
    if (!Number.isInteger(dim) || dim === 0) {
      throw new InvalidArgumentError(`\`vectors\` must hold as many numbers for each of ${ids.length} ids; received ${source.length}.`);
    }
    const bad = source.findIndex((number) => !Number.isFinite(number));
    if (bad >= 0)
      throw new InvalidArgumentError(`The vector of ${shown(ids[Math.floor(bad / dim)])} must be finite; received ${source[bad]}.`);
    return { ids, vectors: source.slice(), dim };
  }
  if (source.length !== ids.length)
    throw new InvalidArgumentError(`\`vectors\` must be as many as the ${ids.length} ids; received ${source.length}.`);
  const dim = (source[0] as ArrayLike<number> | undefined)?.length ?? 0;
  if (dim === 0) throw new InvalidArgumentError("`vectors[0]` must hold at least one number; received none.");
  const vectors = new Float32Array(ids.length * dim);
  for (const [row, vector] of source.entries()) vectors.set(checkVector(vector, dim, `vectors[${row}]`), row * dim);
  return { ids, vectors, dim };
}
