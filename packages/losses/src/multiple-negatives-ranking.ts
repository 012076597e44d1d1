import {
  boolean,
  type Check,
  InvalidArgumentError,
  nonNegativeNumber,
  oneOfFew,
  optional,
  positiveFiniteNumber,
  reject,
  shown,
} from "@quaterion/core";
import type { RelationBatch, RelationKnowledge } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { cosineSimilarities } from "./cosine-similarities.js";
import { defineRelationLoss } from "./define-relation-loss.js";
import { detach } from "./detach.js";
import { jointSoftmax } from "./joint-softmax.js";
import { maskedLogSumExp } from "./masked-log-sum-exp.js";
import { type PairFunction, pairFunction } from "./pair-function.js";
import { pairSoftmax } from "./pair-softmax.js";
import { relationsWithin } from "./relations-within.js";
import { similarSlots } from "./similar-slots.js";

/** Who competes with a pair; an anchor is a query, a candidate a document. */
export type RankingDirection = "queryToDocument" | "documentToQuery" | "queryToQuery" | "documentToDocument";
const directionNames: readonly RankingDirection[] = ["queryToDocument", "documentToQuery", "queryToQuery", "documentToDocument"];

/** Which negatives weigh the more the harder they are. */
export type NegativeHardness = "inBatch" | "own" | "all";

const rankingDirections: Check<readonly RankingDirection[]> = (value, argument) => {
  if (!Array.isArray(value)) return reject(argument, "a list of directions", value);
  for (const [i, direction] of value.entries()) oneOfFew(directionNames)(direction, `${argument}[${i}]`);
  if (value.includes("queryToDocument")) return value;
  throw new InvalidArgumentError(
    `\`${argument}\` must have "queryToDocument", which is where the similar pair stands; received [${value.map(shown).join(", ")}].`,
  );
};

interface RankingOptions {
  scale: number;
  similarities: PairFunction;
  symmetric: boolean;
  directions: readonly RankingDirection[] | undefined;
  partition: "joint" | "perDirection" | undefined;
  hardness: NegativeHardness | undefined;
  hardnessStrength: number;
}

/** What `symmetric` stands for, and what holds where nothing was said. */
function partition({ symmetric, directions, partition }: RankingOptions) {
  const chosen = new Set<RankingDirection>(directions ?? (symmetric ? ["queryToDocument", "documentToQuery"] : ["queryToDocument"]));
  return { chosen, joint: (partition ?? (symmetric ? "perDirection" : "joint")) === "joint" };
}

/**
 * Multiple negatives ranking (in-batch softmax, InfoNCE): every similar pair must win against all that is dissimilar to its anchor.
 * For a similar pair (i, j): −log( exp(s_ij) / (exp(s_ij) + Σ_{n dissimilar to i} exp(s_in)) ), s = scale · similarity; the mean over similar pairs.
 * Candidates may hold explicit hard negatives: columns that are similar to no anchor. Other similar samples of an anchor are no negatives of it.
 *
 * Options: `scale` (20; 1 / temperature), `similarities` (cosineSimilarities).
 * `directions` (queryToDocument): who else is in the sum below. documentToQuery: the anchors dissimilar to j, with s_aj; queryToQuery: the anchors
 * dissimilar to i, with s_ia; documentToDocument: the candidates dissimilar to j, with s_cj. `partition`: one sum for all directions (`"joint"`,
 * the default; the pair itself then counts once for queryToDocument and once for documentToQuery, as in the paper), or the mean of one softmax for
 * each (`"perDirection"`; only for the two directions that hold the pair). `symmetric` (false): short for both of these, per direction.
 * `hardness` (none), `hardnessStrength` α (5): adds α · similarity, as a constant, to the logit in queryToDocument of an anchor's `"own"` negatives
 * (those given as such), of the others (`"inBatch"`), or of `"all"`; for data without given negatives it is `"all"`. documentToQuery and queryToQuery need whole batches.
 *
 * Use it for pairs of texts that belong together, with every other pair of the batch as negatives.
 *
 * Henderson et al., "Efficient natural language response suggestion for Smart Reply", 2017, section 4.4; directions, joint: Li et al., "Towards general
 * text embeddings with multi-stage contrastive learning" (GTE), 2023; hardness: Lan et al., "LLaVE", 2025 (which calls α = 9 best).
 * @throws {InvalidArgumentError} for a wrong option or two that do not go together, and in a step whose batch does not tell the relations that a
 * direction reads, or which negatives were given
 */
export const multipleNegativesRanking = defineRelationLoss<RankingOptions>({
  name: "multipleNegativesRanking",
  defaults: {
    scale: 20,
    similarities: cosineSimilarities,
    symmetric: false,
    directions: undefined,
    partition: undefined,
    hardness: undefined,
    hardnessStrength: 5,
  },
  check: {
    scale: positiveFiniteNumber,
    similarities: pairFunction,
    symmetric: boolean,
    directions: optional(rankingDirections),
    partition: optional(oneOfFew(["joint", "perDirection"])),
    hardness: optional(oneOfFew(["inBatch", "own", "all"])),
    hardnessStrength: nonNegativeNumber,
  },
  checkTogether(options) {
    if (options.symmetric && (options.directions || options.partition)) {
      throw new InvalidArgumentError(
        "`multipleNegativesRanking.symmetric` stands for directions and partition of its own; give it, or `directions` and `partition`, not both.",
      );
    }
    const { chosen, joint } = partition(options);
    if (!joint && (chosen.has("queryToQuery") || chosen.has("documentToDocument"))) {
      throw new InvalidArgumentError(
        '`multipleNegativesRanking.partition` must be "joint" with "queryToQuery" or "documentToDocument", which never hold the similar pair itself.',
      );
    }
  },
  wholeBatch(options) {
    const { chosen } = partition(options);
    return chosen.has("documentToQuery") || chosen.has("queryToQuery");
  },
  needs(options) {
    const { chosen } = partition(options);
    const byAnchor = !chosen.has("documentToQuery") && !chosen.has("documentToDocument");
    const needs: RelationKnowledge[] = byAnchor ? ["mostSimilar"] : [];
    return options.hardness === "own" || options.hardness === "inBatch" ? [...needs, "ownNegatives"] : needs;
  },
  compute(batch, options) {
    const { anchors, candidates, similar, dissimilar } = batch;
    const { chosen, joint } = partition(options);
    const { scale, similarities } = options;
    const scaled = (a: tf.Tensor2D, c: tf.Tensor2D): tf.Tensor2D =>
      similarities === cosineSimilarities ? cosineSimilarities(a, c, scale) : tf.mul(scale, similarities(a, c));
    const logits = scaled(anchors, candidates); // [batch, candidates]
    const forward = hardened(logits, batch, options);
    if (!joint && chosen.has("documentToQuery")) {
      const choosing = jointSoftmax(logits, { ofAnchors: maskedLogSumExp(forward, dissimilar) });
      return { terms: tf.div(tf.add(choosing, pairSoftmax(logits, dissimilar, 0)), 2), counted: similar };
    }
    const rows: Rivals[] = [[forward, dissimilar]];
    const columns: Rivals[] = chosen.has("documentToQuery") ? [[logits, dissimilar]] : [];
    if (chosen.has("queryToQuery")) {
      const { dissimilar } = relationsWithin(batch, "anchors", 'multipleNegativesRanking.directions "queryToQuery"');
      rows.push([scaled(anchors, anchors), dissimilar]);
    }
    if (chosen.has("documentToDocument")) {
      const { dissimilar } = relationsWithin(batch, "candidates", 'multipleNegativesRanking.directions "documentToDocument"');
      columns.push([scaled(candidates, candidates), dissimilar]);
    }
    const ofAnchors = together(rows, 1);
    if (columns.length === 0) {
      // Where each anchor has one similar candidate, as given pairs do, there is one term for each; else all pairs are gone through.
      const own = similarSlots(similar, batch.mostSimilar === 1 ? 1 : undefined);
      return { terms: jointSoftmax(own.take(logits), { ofAnchors }), counted: own.filled };
    }
    const itself = chosen.has("documentToQuery") ? 2 : 1;
    return { terms: jointSoftmax(logits, { ofAnchors, ofCandidates: together(columns, 0), itself }), counted: similar };
  },
});

type Rivals = readonly [logits: tf.Tensor2D, mask: tf.Tensor2D];

function together(parts: readonly Rivals[], axis: 0 | 1): tf.Tensor2D {
  const of = (which: 0 | 1) =>
    (parts.length === 1
      ? parts[0]![which]
      : tf.concat(
          parts.map((part) => part[which]),
          axis,
        )) as tf.Tensor2D;
  return maskedLogSumExp(of(0), of(1), axis);
}

/** Logits of negatives, raised by their hardness where that is asked for. */
function hardened(
  logits: tf.Tensor2D,
  { dissimilar, ownNegatives }: RelationBatch,
  { hardness, hardnessStrength, scale }: RankingOptions,
): tf.Tensor2D {
  if (hardness === undefined || hardnessStrength === 0) return logits;
  if (hardness === "own" && ownNegatives === undefined) {
    throw new InvalidArgumentError(
      '`multipleNegativesRanking.hardness` "own" needs negatives that were given with their anchors; the batch has no `ownNegatives`. Give triplets, or use "inBatch".',
    );
  }
  const others = ownNegatives === undefined ? dissimilar : tf.sub(dissimilar, tf.mul(dissimilar, ownNegatives));
  const raised = hardness === "all" ? dissimilar : hardness === "own" ? ownNegatives! : others;
  return tf.add(logits, tf.mul(raised, tf.mul(hardnessStrength / scale, detach(logits))));
}
