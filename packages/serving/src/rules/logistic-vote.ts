import { checkOptions, positiveFiniteNumber } from "@quaterion/core";
import type { DecisionRule } from "./decision-rule.js";
import { logistic } from "./logistic.js";
import { vote } from "./vote.js";

export interface LogisticVoteOptions {
  /** How much the vote counts beside logistic regression. From 0.2 to 0.5 it hardly matters. Default 0.3. */
  share?: number | undefined;
  /** How fast a vote's weight falls with the cosine. Default 0.05. */
  temperature?: number | undefined;
  /** C of {@link logistic}. Default 30. */
  strength?: number | undefined;
}

/**
 * Logistic regression, which knows what tells classes apart, and the vote of near references, which knows the single example: the score of a class is
 * w_c · q + share · log Σ exp(cos(x_i, q) / T) over the references i of the class. So the probability of a class is, up to one factor for all, its
 * probability by {@link logistic} times that by {@link vote} to the power of `share`: a product of experts (Hinton, "Training products of experts by
 * minimizing contrastive divergence", Neural Computation 2002, eq. 1; of a model and its nearest neighbours, as a sum: Khandelwal et al., "Generalization
 * through memorization", ICLR 2020, eq. 3).
 *
 * The more an embedding was trained, the nearer lie samples of one class, and the more the vote is worth: nothing on untrained ones with five examples a class, 0.3 to 0.4
 * points of accuracy where the encoder itself was trained. Shares of references are exact: they have theirs of their class's share · log Σ.
 */
export function logisticVote(options: LogisticVoteOptions = {}): DecisionRule {
  checkOptions("logisticVote", options, { share: positiveFiniteNumber, temperature: positiveFiniteNumber, strength: positiveFiniteNumber });
  const { share = 0.3, temperature = 0.05, strength = 30 } = options;
  const regression = logistic({ strength });
  const neighbors = vote({ temperature });
  return {
    name: "logisticVote",
    needs: "all",
    options: { share, temperature, strength },
    fit(references, fitOptions) {
      const regressed = regression.fit(references, fitOptions);
      const voted = neighbors.fit(references);
      return {
        start: regressed.start,
        fitted: { ...regressed.fitted, share, temperature },
        scores(queries, cosines) {
          const scores = regressed.scores(queries);
          const votes = voted.scores(queries, cosines);
          for (let i = 0; i < scores.length; i++) scores[i]! += share * votes[i]!;
          return scores;
        },
        contributions(query, classIndex) {
          const { amounts, total } = regressed.contributions(query, classIndex);
          if (total === Number.NEGATIVE_INFINITY) return { amounts, total, unit: "score" };
          const votes = share * voted.scores(query)[classIndex]!;
          const { amounts: shares, total: all } = voted.contributions(query, classIndex);
          // Votes too light for a number, as at tiny temperatures, are nobody's more than another's.
          const size = all > 0 ? 0 : references.classes.reduce((count, c) => count + (c === classIndex ? 1 : 0), 0);
          for (let i = 0; i < amounts.length; i++) {
            if (references.classes[i] === classIndex) amounts[i]! += votes * (all > 0 ? shares[i]! / all : 1 / size);
          }
          return { amounts, total: total + votes, unit: "score" };
        },
      };
    },
  };
}
