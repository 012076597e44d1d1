import {
  anything,
  checkOptions,
  fraction,
  InvalidArgumentError,
  type LabelId,
  labelId,
  positiveInteger,
  shown,
  suggestion,
  type TrainingData,
} from "@quaterion/core";
import { declaredPairs } from "../declared-pairs.js";
import type { RelationSpace } from "../relations.js";
import { checkEmbeddings, identicalTexts } from "../suspected-aliases.js";
import { partsOf } from "../training-data.js";
import { answerShares } from "./answer-shares.js";
import { labelAffinities } from "./label-affinities.js";
import { nameSimilarity } from "./name-similarity.js";
import { relationChances } from "./relation-score.js";
import { typicalTexts } from "./typical-texts.js";

export interface AlignLabelsOptions {
  /** A vector of each row, `[rows, dim]`, row-major. Without it, shared texts and the labels' names are the only evidence. */
  embeddings?: Float32Array | undefined;
  /**
   * What a model answers each row with when it must answer in that label space: a label's name, or undefined where it was not asked. Takes the
   * place of the nearest centroids; from a model that was trained on both spaces it says more than they do.
   */
  answers?: Readonly<Record<string, readonly (string | undefined)[]>> | undefined;
  /** Proposals less likely than this are left out; default 0.3. */
  leastScore?: number | undefined;
  /** Examples of each label that a proposal shows; default 3. */
  examples?: number | undefined;
}

/** What speaks for two labels a and b having to do with each other. */
export interface LabelEvidence {
  /** Texts that carry both labels. */
  readonly identicalTexts: number;
  /** How alike the names are, 0 to 1 ({@link nameSimilarity}). */
  readonly names: number;
  /** Cosine similarity of the centroids. */
  readonly similarity?: number;
  /** How much b's texts belong with a's, by their vectors: 1 as much as a's own, 0 as much as any label's. */
  readonly belongsWithA?: number;
  readonly belongsWithB?: number;
  /** Share of a's texts that are nearest to b, or answered with b, of all labels of b's space. */
  readonly shareOfA?: number;
  readonly shareOfB?: number;
}

/** A proposal about two labels of different spaces, for a person to confirm. */
export interface LabelProposal {
  readonly a: LabelId;
  readonly b: LabelId;
  /** `narrower`: a lies within b. `broader`: b lies within a. */
  readonly relation: "same" | "narrower" | "broader";
  /** How likely a person would agree, 0 to 1. */
  readonly score: number;
  readonly evidence: LabelEvidence;
  /** Texts of both labels: shared ones first, then the most typical. */
  readonly examples: { readonly a: readonly string[]; readonly b: readonly string[] };
}

/**
 * Proposes which labels of two spaces mean the same, and which lie within which, the likeliest first: suggestions with their evidence, for a
 * person to judge. Nothing is applied. A label can be the same as, or lie within, one label of another space only: where two proposals say
 * otherwise, at most one of them is right. Labels of one space, spaces whose labels occur on the same
 * rows, and pairs whose relation is declared or follows from what is, are left out.
 * @throws {InvalidArgumentError} when embeddings or answers do not fit the data
 */
export function alignLabels(data: TrainingData<unknown>, options: AlignLabelsOptions = {}): LabelProposal[] {
  const { values, spaces } = partsOf(data);
  checkOptions("alignLabels", options, {
    embeddings: (value, argument) => checkEmbeddings(value, argument, values.length),
    answers: anything,
    leastScore: fraction,
    examples: positiveInteger,
  });
  const { embeddings, answers = {}, leastScore = 0.3, examples = 3 } = options;
  checkAnswers(answers, spaces, values.length);
  if (!embeddings && Object.keys(answers).length > 0)
    throw new InvalidArgumentError("`alignLabels.answers` are weighed together with `embeddings`: give a vector of each row too.");
  const texts = new Map(identicalTexts(values, spaces).map((alias) => [`${alias.a}\n${alias.b}`, alias.identicalTexts]));
  const isDeclared = declaredPairs(data);
  const found: Omit<LabelProposal, "examples">[] = [];
  for (const [p, left] of spaces.entries()) {
    for (const right of spaces.slice(p + 1)) {
      if (shareRows(left, right)) continue;
      const affinities = embeddings && labelAffinities(left, right, embeddings);
      const sharesOfLeft = answers[right.name] ? answerShares(left, right, answers[right.name]!) : affinities?.shareOfLeft;
      const sharesOfRight = answers[left.name] ? answerShares(right, left, answers[left.name]!) : undefined;
      const width = right.labels.length;
      for (const [x, leftLabel] of left.labels.entries()) {
        for (const [y, rightLabel] of right.labels.entries()) {
          const [a, b, at] = [labelId(left.name, leftLabel), labelId(right.name, rightLabel), x * width + y];
          const evidence: LabelEvidence = {
            identicalTexts: texts.get(`${a}\n${b}`) ?? 0,
            names: nameSimilarity(leftLabel, rightLabel),
            ...(affinities && {
              similarity: affinities.similarity[at]!,
              belongsWithA: affinities.toLeft[at]!,
              belongsWithB: affinities.toRight[at]!,
              shareOfA: sharesOfLeft![at]!,
              shareOfB: sharesOfRight ? sharesOfRight[y * left.labels.length + x]! : affinities.shareOfRight[at]!,
            }),
          };
          const chances = relationChances(evidence);
          const relation = (["same", "narrower", "broader"] as const).reduce((best, each) => (chances[each] > chances[best] ? each : best));
          if (chances[relation] >= leastScore && chances[relation] > 0 && !isDeclared(a, b))
            found.push({ a, b, relation, score: chances[relation], evidence });
        }
      }
    }
  }
  found.sort((x, y) => y.score - x.score || (x.a < y.a ? -1 : 1));
  const textsOf = typicalTexts(values, spaces, embeddings, examples);
  return found.map((proposal) => ({ ...proposal, examples: textsOf(proposal.a, proposal.b) }));
}

/** Whether the labels of two spaces describe the same rows, as scenario and intent do: how they relate is in the data. */
function shareRows(left: RelationSpace, right: RelationSpace): boolean {
  return left.classes.some((c, row) => c >= 0 && right.classes[row]! >= 0);
}

function checkAnswers(answers: unknown, spaces: readonly RelationSpace[], rows: number): void {
  if (typeof answers !== "object" || answers === null)
    throw new InvalidArgumentError(`\`alignLabels.answers\` must be an object of answers by label space; received ${shown(answers)}.`);
  const names = spaces.map(({ name }) => name);
  for (const [space, list] of Object.entries(answers)) {
    if (!names.includes(space))
      throw new InvalidArgumentError(
        `\`alignLabels.answers\` names a label space that the data does not have: ${shown(space)}.${suggestion(space, names)}`,
      );
    if (!Array.isArray(list) || list.length !== rows)
      throw new InvalidArgumentError(
        `\`alignLabels.answers.${space}\` must hold an answer for each of ${rows} rows; received ${shown(list)}.`,
      );
    const { labels } = spaces[names.indexOf(space)]!;
    const known = new Set<string | undefined>([undefined, ...labels]);
    const wrong = list.find((answer) => !known.has(answer));
    if (wrong !== undefined)
      throw new InvalidArgumentError(
        `\`alignLabels.answers.${space}\` must hold names of its labels; received ${shown(wrong)}.${suggestion(String(wrong), labels)}`,
      );
  }
}
