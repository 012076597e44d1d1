import {
  anything,
  checkOptions,
  type EncoderReference,
  type FrozenEncoder,
  InvalidArgumentError,
  positiveFiniteNumber,
  type Role,
  suggestion,
} from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import { normalize } from "../rows.js";
import { framedKey } from "./framed-key.js";
import { checkParts } from "./part-names.js";
import { checkSameEncoder, type LoadPart, loadParts, saveParts } from "./saved-parts.js";

/** Options of {@link multiEncoder}. */
export interface MultiEncoderOptions {
  /** Share of each part in the cosine, by its name; what is not named has 1. Only their ratio counts. */
  weights?: Readonly<Record<string, number>> | undefined;
}

const recipe = "multi/1";

/**
 * Several encoders of the same values as one: their vectors one after the other, in the order in which they are given.
 *
 * Part i is scaled to length √(w_i / Σ w), so that a vector has length 1 and the cosine of two is the weighted mean of the parts' cosines,
 * Σ w_i cos_i / Σ w_i. A part whose vector is zero stays zero. Float32 `[values, Σ dim_i]`.
 * @throws {InvalidArgumentError} for no encoder, a name that can't be a folder's, a weight for an unknown part or not above 0
 */
export function multiEncoder<Value>(
  encoders: Readonly<Record<string, FrozenEncoder<Value>>>,
  options: MultiEncoderOptions = {},
): FrozenEncoder<Value> {
  checkParts("multiEncoder", encoders);
  checkOptions("multiEncoder", options, { weights: anything });
  const names = Object.keys(encoders);
  for (const [name, weight] of Object.entries(options.weights ?? {})) {
    if (!names.includes(name))
      throw new InvalidArgumentError(`\`multiEncoder.weights\` has no encoder "${name}".${suggestion(name, names)}`);
    positiveFiniteNumber(weight, `multiEncoder.weights.${name}`);
  }
  const weights = names.map((name) => options.weights?.[name] ?? 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const parts = names.map((name, i) => ({ encoder: encoders[name]!, length: Math.sqrt(weights[i]! / total) }));
  const dim = parts.reduce((sum, { encoder }) => sum + encoder.dim, 0);
  const roles = (["query", "document"] as const satisfies readonly Role[]).filter((role) =>
    parts.some(({ encoder }) => encoder.roles?.includes(role)),
  );
  const explains = parts.find(({ encoder }) => encoder.parts)?.encoder;
  const name = parts.map(({ encoder }) => encoder.name).join(" + ");
  const fingerprint = sha256(recipe, ...parts.flatMap(({ encoder, length }) => [encoder.fingerprint, String(Math.fround(length))]));
  return {
    name,
    fingerprint,
    dim,
    ...(roles.length > 0 ? { roles } : {}),
    async encode(values, encodeOptions) {
      const joined = new Float32Array(values.length * dim);
      let offset = 0;
      for (const { encoder, length } of parts) {
        const vectors = await encoder.encode(values, encodeOptions);
        for (let row = 0; row < values.length; row++) {
          const target = joined.subarray(row * dim + offset, row * dim + offset + encoder.dim);
          target.set(vectors.subarray(row * encoder.dim, (row + 1) * encoder.dim));
          normalize(target, length);
        }
        offset += encoder.dim;
      }
      return joined;
    },
    async key(value) {
      const keys = await Promise.all(parts.map(({ encoder }) => encoder.key(value)));
      const [first] = keys;
      // Encoders of the same kind of value agree on its content: one copy is enough.
      return keys.every((key) => Buffer.compare(key, first!) === 0) ? framedKey([first!]) : framedKey(keys);
    },
    ...(explains ? { parts: (value: Value) => explains.parts!(value) } : {}),
    async save(folder): Promise<EncoderReference> {
      const { files, references } = await saveParts(encoders as Readonly<Record<string, FrozenEncoder<unknown>>>, folder);
      const config = { encoders: references, weights: Object.fromEntries(names.map((part, i) => [part, weights[i]!])) };
      return { kind: "multi", name, fingerprint, dim, files, config };
    },
  };
}

/** The encoder that a reference of kind "multi" describes. */
export async function loadMultiEncoder(reference: EncoderReference, folder: string, load: LoadPart): Promise<FrozenEncoder<unknown>> {
  const { encoders, weights } = reference.config as { encoders?: unknown; weights?: Record<string, number> };
  return checkSameEncoder(multiEncoder(await loadParts(reference, encoders, folder, load), { weights }), reference);
}
