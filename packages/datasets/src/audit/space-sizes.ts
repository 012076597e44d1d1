import type { TrainingData } from "@quaterion/core";
import type { AuditReport, LabelCount, SpaceAudit } from "./report.js";

/** Rows and labels of each label space. */
export function spaceSizes(set: "train" | "test", data: TrainingData<unknown>, fewExamples: number): SpaceAudit[] {
  return data.spaces.flatMap((space) => {
    const present = labelCounts(data, space.name);
    if (present.length === 0) return [];
    const smallest = present.reduce((least, each) => (each.rows < least.rows ? each : least));
    const largest = present.reduce((most, each) => (each.rows > most.rows ? each : most));
    const singles = present.filter((each) => each.rows === 1).map((each) => each.label);
    const few = present.filter((each) => each.rows < fewExamples).sort((a, b) => a.rows - b.rows);
    return [{ set, space: space.name, rows: space.rows.length, labels: present.length, smallest, largest, singles, few }];
  });
}

/** Labels of the test data without an example in the training data's space of the same name; spaces that only one side has are passed over. */
export function untrainedLabels(train: TrainingData<unknown>, test: TrainingData<unknown>): AuditReport["untrained"] {
  return test.spaces.flatMap(({ name }) => {
    if (!train.spaces.some((space) => space.name === name)) return [];
    const trained = new Set(labelCounts(train, name).map(({ label }) => label));
    return labelCounts(test, name)
      .filter(({ label }) => !trained.has(label))
      .map(({ label, rows }) => ({ space: name, label, rows }));
  });
}

/** Labels of a space that have examples, in their order. */
function labelCounts(data: TrainingData<unknown>, name: string): LabelCount[] {
  const { labels, rows } = data.spaces.find((space) => space.name === name)!;
  const counts = new Uint32Array(labels.length);
  for (const c of data.classesOf(name, rows)) counts[c]!++;
  return labels.map((label, c) => ({ label, rows: counts[c]! })).filter((each) => each.rows > 0);
}
