import type { EmbeddingModel, OnProgress } from "@quaterion/core";
import { encodedUnits } from "./encoded-units.js";
import type { Reference } from "./reference-list.js";

/** What a model that was not trained on the references makes of them. */
export interface Untrained {
  /** `[references, dim]`, of length 1 */
  readonly vectors: Float32Array;
  readonly dim: number;
}

/** Embeddings of the references by a model that they did not train; undefined where there is none, or a reference's value was not kept. */
export async function untrainedVectors<Value>(
  model: EmbeddingModel<Value> | undefined,
  references: readonly Reference<Value>[],
  { onProgress, signal }: { onProgress?: OnProgress; signal?: AbortSignal },
): Promise<Untrained | undefined> {
  if (!model || references.some(({ value }) => value === undefined)) return undefined;
  const values = references.map(({ value }) => value as Value);
  return { vectors: await encodedUnits(model, values, { role: "document", onProgress, signal }), dim: model.dim };
}
