import type { EmbeddingModel, OnProgress } from "@quaterion/core";
import { unitRows } from "./unit-rows.js";

/** Encodes values and brings their vectors to length 1. */
export async function encodedUnits<Value>(
  model: EmbeddingModel<Value>,
  values: readonly Value[],
  options: { role: "query" | "document"; onProgress?: OnProgress; signal?: AbortSignal },
): Promise<Float32Array> {
  return unitRows(await model.encode(values, options), model.dim, "model.encode(values)", values.length);
}
