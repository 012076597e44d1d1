import type { TrainingData } from "@quaterion/core";
import { defaultSpace } from "./space-names.js";
import { partsOf, trainingData } from "./training-data.js";

/**
 * The classic mistake, for comparison: each label space's labels are numbered in sorted order from 0, and the numbers compared across spaces as
 * if they were one label set. So class 3 of one set and class 3 of another become the same. A row keeps the number of its first space.
 */
export function collidedIds<Value>(data: TrainingData<Value>): TrainingData<Value> {
  const { values, spaces, pairs } = partsOf(data);
  const count = Math.max(0, ...spaces.map((space) => space.labels.length));
  const width = String(Math.max(0, count - 1)).length;
  const labels = Array.from({ length: count }, (_, number) => String(number).padStart(width, "0")); // padded: sorted as texts and as numbers
  const classes = Int32Array.from(values, (_, row) => spaces.find((space) => space.classes[row]! >= 0)?.classes[row] ?? -1);
  return trainingData({ values, spaces: [{ name: defaultSpace, labels, classes }], pairs });
}
