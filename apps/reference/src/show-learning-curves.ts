import { type EmbeddingModel, nameOf } from "@quaterion/core";
import { type LearningCurve, learningCurve } from "@quaterion/evaluation";
import { logistic, ReferenceSet } from "@quaterion/serving";
import type { LabeledSet } from "./read-sets.js";
import { percent, type Screen } from "./screen.js";

/** Training texts that are looked at, at most: fifteen fits of more would take minutes. */
const most = 1500;

/** Says, set by set, what half of the examples gave, what all give, and what twice as many would: by held-out parts of the training texts. */
export async function showLearningCurves(
  screen: Screen,
  encoder: EmbeddingModel<string>,
  sets: Record<string, LabeledSet>,
  seed: number,
): Promise<Record<string, LearningCurve>> {
  const curves: Record<string, LearningCurve> = {};
  for (const [name, { train }] of Object.entries(sets)) {
    const step = Math.max(1, train.values.length / most);
    const rows = Array.from({ length: Math.min(most, train.values.length) }, (_, i) => Math.floor(i * step));
    const values = rows.map((row) => train.values[row]!);
    const labels = rows.map((row) => nameOf(train.labelsOf(row)[0]!));
    const { dim } = encoder;
    const vectors = await encoder.encode(values);
    const vectorsOf = (some: readonly number[]) => {
      const rows = new Float32Array(some.length * dim);
      for (const [row, i] of some.entries()) rows.set(vectors.subarray(i * dim, (i + 1) * dim), row * dim);
      return rows;
    };
    // A set with a single label, or none with two examples, has no curve.
    if (new Set(labels).size < 2 || new Set(labels).size === labels.length) continue;
    const curve = await screen.work(`measuring how ${name} grows`, (onProgress) =>
      learningCurve(
        labels,
        async (learnt, asked) => {
          const examples = learnt.map((i) => ({ value: values[i]!, label: labels[i]! }));
          const references = await ReferenceSet.from(encoder, examples, {
            vectors: vectorsOf(learnt),
            rule: logistic(),
            folds: 1, // no temperature is looked for: only the answers count
            refuse: false,
            seed,
          });
          return references.classifyVectors(vectorsOf(asked), { alternatives: 1, nearest: 1 }).map((answer) => answer.name);
        },
        { seed, onProgress },
      ),
    );
    curves[name] = curve;
    const [, half, all] = curve.points;
    const check = curve.check && ` (the same reckoning from half would have said ${percent(curve.check.reckoned)})`;
    screen.line(
      `  ${name}: ${percent(half!.value)} with half of the examples, ${percent(all!.value)} with all${check ?? ""}; with twice as many, about ${percent(curve.doubled!)}.${mostHelp(curve)}`,
    );
  }
  return curves;
}

/** Labels named at most. */
const named = 3;

/** Of which labels more examples would help most: those missed more often than others. */
function mostHelp({ labels, points }: LearningCurve): string {
  const worst = labels.filter(({ missed, examples }) => missed > 1 && missed / examples > 1 - points.at(-1)!.value).slice(0, named);
  if (worst.length === 0) return "";
  const more = worst.reduce((sum, { examples }) => sum + examples, 0);
  const list = worst.map(({ label, missed, examples }) => `"${label}" (${missed} of ${examples} missed)`).join(", ");
  return ` About ${more} more examples would help most of ${list}.`;
}
