import { type EmbeddingModel, type OnProgress, reject, type TrainingData } from "@quaterion/core";
import { encodedUnits } from "./encoded-units.js";
import { labeledItems, type ReferenceItem } from "./labeled-items.js";
import { rowsAt } from "./reference-folds.js";
import { ReferenceList } from "./reference-list.js";
import { unitRows } from "./unit-rows.js";
import type { Untrained } from "./untrained-vectors.js";

/** References, and what the model's base makes of them, where it was asked on the way: given vectors may stand for values that it does not take. */
export interface EncodedReferences<Value> {
  readonly list: ReferenceList<Value>;
  readonly below: Untrained | undefined;
}

/** The labelled values of data as references: encoded, or with the vectors that are given. */
export async function encodedReferences<Value>(
  model: EmbeddingModel<Value>,
  data: TrainingData<Value> | readonly ReferenceItem<Value>[],
  { vectors, onProgress, signal }: { vectors?: Float32Array; onProgress?: OnProgress; signal?: AbortSignal },
): Promise<EncodedReferences<Value>> {
  if (typeof model?.encode !== "function") {
    const awaited = (model as unknown) instanceof Promise ? "awaited first, to be " : "";
    reject("model", `${awaited}a model with \`encode\` and \`dim\` (made by \`fit\` or \`SimilarityModel.load\`)`, model);
  }
  const { dim, base } = model;
  const items = labeledItems(data);
  const list = new ReferenceList<Value>();
  const values = items.map(({ value }) => value);
  const encoding = { role: "document", onProgress, signal } as const;
  let units: Float32Array;
  let below: Untrained | undefined;
  if (vectors) {
    const rows = Array.isArray(data) ? data.length : (data as TrainingData<Value>).values.length;
    const all = unitRows(vectors, dim, "vectors", rows);
    units = rowsAt(
      all,
      dim,
      items.map(({ row }) => row),
    );
  } else if (base && model.encodeVectors) {
    const vectorsBelow = await base.encode(values, encoding); // once for both
    units = unitRows(await model.encodeVectors(vectorsBelow), dim, "model.encodeVectors(vectors)", values.length);
    below = { vectors: unitRows(vectorsBelow, base.dim, "model.base.encode(values)", values.length), dim: base.dim };
  } else {
    units = await encodedUnits(model, values, encoding);
  }
  for (const [row, { value, labels, id, name }] of items.entries()) {
    const vector = units.slice(row * dim, (row + 1) * dim);
    list.put({ id: id ?? list.freshId(), value, labels, vector, ...(name && { name }) });
  }
  return { list, below };
}
