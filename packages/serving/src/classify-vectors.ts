import { type LabelId, nameOf, spaceOf } from "@quaterion/core";
import { innerProducts } from "@quaterion/search";
import type { Alternative, Answer, NearReference } from "./answer.js";
import type { Decider } from "./decider.js";

/** Queries scored at a time: what bounds the memory. */
const queriesAtOnce = 256;

/** How much an answer tells. */
export interface AnswerDetail {
  readonly alternatives: number;
  readonly nearest: number;
}

/**
 * What a decider says of unit vectors.
 * @param queries `[queries, dim]`
 */
export function classifyUnitVectors(decider: Decider, queries: Float32Array, detail: AnswerDetail): Answer[] {
  const { dim } = decider.entries;
  const answers: Answer[] = [];
  for (let start = 0; start < queries.length; start += queriesAtOnce * dim) {
    const block = queries.subarray(start, start + queriesAtOnce * dim);
    const count = block.length / dim;
    const cosines = innerProducts(block, decider.entries.vectors, dim); // [queries, references]
    const scores = decider.scorer.scores(block, cosines); // [queries, classes]
    const classCount = scores.length / count;
    const references = cosines.length / count;
    for (let q = 0; q < count; q++) {
      answers.push(
        answerOf(
          decider,
          scores.subarray(q * classCount, (q + 1) * classCount),
          cosines.subarray(q * references, (q + 1) * references),
          detail,
        ),
      );
    }
  }
  return answers;
}

function answerOf(decider: Decider, scores: Float32Array, cosines: Float32Array, detail: AnswerDetail): Answer {
  const { groups, settings } = decider;
  const likely = decider.probabilities(scores);
  const order = highest(scores, Math.max(1, detail.alternatives));
  const best = order[0]!;
  const [label, ...same] = groups[best]! as readonly [LabelId, ...LabelId[]];
  const near = nearReferences(decider, cosines, Math.max(1, detail.nearest));
  const similarity = near[0]!.similarity;
  const refused = similarity < settings.threshold;
  const alternatives: Alternative[] = order.slice(0, detail.alternatives).map((c) => ({ label: groups[c]![0]!, probability: likely[c]! }));
  return {
    label,
    space: spaceOf(label),
    name: nameOf(label),
    same,
    probability: likely[best]!,
    score: scores[best]!,
    similarity,
    refused,
    ...(refused && {
      reason: `Unlike every reference: its similarity to the nearest, ${similarity.toFixed(3)}, is below ${settings.threshold.toFixed(3)}.`,
    }),
    rule: settings.rule.name,
    alternatives,
    nearest: near.slice(0, detail.nearest),
  };
}

function nearReferences({ owners }: Decider, cosines: Float32Array, count: number): NearReference[] {
  const near = new Map<string, NearReference>(); // a reference with several labels has several rows
  const rowsPerReference = owners.length > 0 ? Math.max(...owners.slice(0, 1000).map(({ labels }) => labels.length)) : 1;
  for (const row of highest(cosines, count * rowsPerReference)) {
    const { id, labels } = owners[row]!;
    if (near.size < count && !near.has(id)) near.set(id, { id, labels, similarity: cosines[row]! });
  }
  return [...near.values()];
}

/** Places of the `count` highest numbers, highest first; of equal ones the earlier first. */
export function highest(numbers: Float32Array, count: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]!;
    if (number === Number.NEGATIVE_INFINITY) continue;
    if (best.length === count && number <= numbers[best[count - 1]!]!) continue;
    let place = best.length;
    while (place > 0 && numbers[best[place - 1]!]! < number) place--;
    best.splice(place, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}
