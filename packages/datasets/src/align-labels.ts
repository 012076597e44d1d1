import { checkOptions, type LabelId, labelId, nonNegativeNumber, type TrainingData } from "@quaterion/core";
import { centroidSimilarities, labelCentroids } from "./label-centroids.js";
import type { RelationSpace } from "./relations.js";
import { checkEmbeddings, identicalTexts } from "./suspected-aliases.js";
import { partsOf } from "./training-data.js";

export interface AlignLabelsOptions {
  /** A vector of each row, `[rows, dim]`, row-major. Without it, texts that two labels share are the only evidence. */
  embeddings?: Float32Array;
  /** A label is proposed to lie within another when its centroid is at least this much nearer to it than to every other label; default 0.05. */
  margin?: number;
}

/** A proposal about two labels of different spaces, for a person to confirm. */
export interface LabelProposal {
  readonly a: LabelId;
  readonly b: LabelId;
  /** `narrower`: a lies within b. `broader`: b lies within a. */
  readonly relation: "same" | "narrower" | "broader";
  readonly evidence: {
    /** Texts that carry both labels. */
    readonly identicalTexts: number;
    /** Cosine similarity of the centroids. */
    readonly similarity?: number;
    /** How much nearer a's centroid is to b's than to that of any other label of b's space, and the other way round; negative where one is nearer. */
    readonly leadOfB?: number;
    readonly leadOfA?: number;
  };
}

/**
 * Proposes which labels of two spaces mean the same, and which lie within which. With embeddings: `same` where each centroid is the other's
 * nearest; `narrower` where several labels of one space have the same nearest label in the other, each by at least `margin`. Without: `same`
 * where labels share texts with each other more than with any other label. Suggestions, best first: nothing is applied.
 */
export function alignLabels(data: TrainingData<unknown>, options: AlignLabelsOptions = {}): LabelProposal[] {
  const { values, spaces } = partsOf(data);
  checkOptions("alignLabels", options, {
    embeddings: (value, argument) => checkEmbeddings(value, argument, values.length),
    margin: nonNegativeNumber,
  });
  const { embeddings, margin = 0.05 } = options;
  const texts = new Map(identicalTexts(values, spaces).map((alias) => [`${alias.a}\n${alias.b}`, alias.identicalTexts]));
  const proposals: LabelProposal[] = [];
  for (let p = 0; p < spaces.length; p++) {
    for (let q = p + 1; q < spaces.length; q++) {
      const [left, right] = [spaces[p]!, spaces[q]!];
      const shared = sharedTexts(left, right, texts);
      const similarities = embeddings
        ? centroidSimilarities(labelCentroids(left, embeddings), labelCentroids(right, embeddings), left.labels.length, right.labels.length)
        : shared;
      proposals.push(...proposalsOf(left, right, similarities, shared, embeddings ? margin : 1, embeddings !== undefined));
    }
  }
  const rank = (proposal: LabelProposal) =>
    [proposal.relation === "same" ? 1 : 0, proposal.evidence.similarity ?? proposal.evidence.identicalTexts] as const;
  return proposals.sort((x, y) => rank(y)[0] - rank(x)[0] || rank(y)[1] - rank(x)[1] || (x.a < y.a ? -1 : 1));
}

/** Texts that labels of the two spaces share, `[left, right]`. */
function sharedTexts(left: RelationSpace, right: RelationSpace, texts: ReadonlyMap<string, number>): Float64Array {
  const width = right.labels.length;
  return Float64Array.from(
    { length: left.labels.length * width },
    (_, at) =>
      texts.get(`${labelId(left.name, left.labels[Math.floor(at / width)]!)}\n${labelId(right.name, right.labels[at % width]!)}`) ?? 0,
  );
}

function proposalsOf(
  left: RelationSpace,
  right: RelationSpace,
  similarities: Float64Array,
  shared: Float64Array,
  margin: number,
  centroids: boolean,
): LabelProposal[] {
  const width = right.labels.length;
  const ofLeft = left.labels.map((_, x) => nearest(right.labels.length, (y) => similarities[x * width + y]!));
  const ofRight = right.labels.map((_, y) => nearest(left.labels.length, (x) => similarities[x * width + y]!));
  const proposal = (x: number, y: number, relation: LabelProposal["relation"]): LabelProposal => {
    const at = x * width + y;
    const lead = (best: Nearest, other: number) => (best.at === other ? best.lead : similarities[at]! - best.value);
    const evidence = centroids
      ? { identicalTexts: shared[at]!, similarity: similarities[at]!, leadOfB: lead(ofLeft[x]!, y), leadOfA: lead(ofRight[y]!, x) }
      : { identicalTexts: shared[at]! };
    return { a: labelId(left.name, left.labels[x]!), b: labelId(right.name, right.labels[y]!), relation, evidence };
  };
  const found: LabelProposal[] = [];
  // Labels that clearly belong to one label of the other space: several of them lie within it, a single mutual one is the same.
  const into = (best: readonly Nearest[], target: number) =>
    best.filter((each) => each.at === target && each.value > 0 && each.lead >= margin).length;
  for (const [x, best] of ofLeft.entries()) {
    if (best.value <= 0) continue;
    const y = best.at;
    if (into(ofLeft, y) > 1 && best.lead >= margin) found.push(proposal(x, y, "narrower"));
    else if (ofRight[y]!.at === x && into(ofRight, x) <= 1) found.push(proposal(x, y, "same"));
  }
  for (const [y, best] of ofRight.entries()) {
    if (best.value > 0 && into(ofRight, best.at) > 1 && best.lead >= margin) found.push(proposal(best.at, y, "broader"));
  }
  return found;
}

interface Nearest {
  readonly at: number;
  readonly value: number;
  /** Distance to the second. */
  readonly lead: number;
}

function nearest(count: number, value: (at: number) => number): Nearest {
  let [at, best, second] = [0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < count; i++) {
    const each = value(i);
    if (each > best) [at, best, second] = [i, each, best];
    else if (each > second) second = each;
  }
  return { at, value: best, lead: count > 1 ? best - second : best };
}
