import type { EmbeddingModel, OnProgress, TrainingData } from "@quaterion/core";
import { rowsAt } from "./choose-rule.js";
import { encodedUnits } from "./encoded-units.js";
import { labeledItems, type ReferenceItem } from "./labeled-items.js";
import { ReferenceList } from "./reference-list.js";
import { unitRows } from "./unit-rows.js";

/** The labelled values of data as references: encoded, or with the vectors that are given. */
export async function encodedReferences<Value>(
  model: EmbeddingModel<Value>,
  data: TrainingData<Value> | readonly ReferenceItem<Value>[],
  { vectors, onProgress, signal }: { vectors?: Float32Array; onProgress?: OnProgress; signal?: AbortSignal },
): Promise<ReferenceList<Value>> {
  const { dim } = model;
  const items = labeledItems(data);
  const list = new ReferenceList<Value>();
  let units: Float32Array;
  if (vectors) {
    const rows = Array.isArray(data) ? data.length : (data as TrainingData<Value>).values.length;
    const all = unitRows(vectors, dim, "vectors", rows);
    units = rowsAt(
      all,
      dim,
      items.map(({ row }) => row),
    );
  } else {
    units = await encodedUnits(
      model,
      items.map(({ value }) => value),
      { role: "document", onProgress, signal },
    );
  }
  for (const [row, { value, labels, id }] of items.entries()) {
    list.put({ id: id ?? list.freshId(), value, labels, vector: units.slice(row * dim, (row + 1) * dim) });
  }
  return list;
}
