import { checkOptions, positiveFiniteNumber } from "@quaterion/core";
import { innerProducts } from "@quaterion/search";
import { sampledCosines } from "../sampled-cosines.js";
import type { DecisionRule, RuleReferences } from "./decision-rule.js";

export interface VoteOptions {
  /** How fast a vote's weight falls with the cosine; chosen by leave-one-out where it is not given. */
  temperature?: number | undefined;
}

/** Temperatures that leave-one-out chooses among; each half of the one two before it, so that two exponentials give all weights. */
export const voteTemperatures: readonly number[] = [0.2, 0.14, 0.1, 0.07, 0.05, 0.035, 0.025, 0.0175];

/** Queries that leave-one-out looks at: more change the choice no more. */
const leaveOneOutQueries = 1000;

/**
 * All references vote, each with the weight exp(cos / T). The score of a class is the logarithm of its votes, log Σ exp(cos / T):
 * at temperature 1 its probability is its part of all votes.
 *
 * A kernel classifier with the von Mises–Fisher kernel; in similarity learning: Wu, Efros & Yu, "Improving generalization via scalable
 * neighborhood component analysis", ECCV 2018.
 */
export function vote(options: VoteOptions = {}): DecisionRule {
  checkOptions("vote", options, { temperature: positiveFiniteNumber });
  return {
    name: "vote",
    needs: "all",
    options: options.temperature === undefined ? {} : { temperature: options.temperature },
    fit(references) {
      const { vectors, dim, classes, classCount } = references;
      const temperature = options.temperature ?? leaveOneOutTemperature(references);
      return {
        fitted: { temperature },
        scores(queries, cosines = innerProducts(queries, vectors, dim)) {
          const count = queries.length / dim;
          const out = new Float32Array(count * classCount);
          const votes = new Float64Array(classCount);
          for (let q = 0; q < count; q++) {
            const row = cosines.subarray(q * classes.length, (q + 1) * classes.length);
            const highest = maximum(row);
            votes.fill(0);
            for (let i = 0; i < row.length; i++) votes[classes[i]!]! += Math.exp((row[i]! - highest) / temperature);
            for (let c = 0; c < classCount; c++) out[q * classCount + c] = Math.log(votes[c]!) + highest / temperature;
          }
          return floored(out, classes, classCount);
        },
        contributions(query, classIndex) {
          const cosines = innerProducts(query, vectors, dim);
          const highest = maximum(cosines);
          const amounts = new Float64Array(classes.length);
          let all = 0;
          let total = 0;
          for (let i = 0; i < cosines.length; i++) {
            const weight = Math.exp((cosines[i]! - highest) / temperature);
            all += weight;
            if (classes[i] === classIndex) amounts[i] = weight;
          }
          for (let i = 0; i < amounts.length; i++) {
            amounts[i]! /= all;
            total += amounts[i]!;
          }
          return { amounts, total, unit: "votes" };
        },
      };
    },
  };
}

/** Keeps a class whose votes are too light for a number apart from one without references: only the latter is −∞. */
function floored(scores: Float32Array, classes: Int32Array, classCount: number): Float32Array {
  const present = new Uint8Array(classCount);
  for (const c of classes) present[c] = 1;
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] === Number.NEGATIVE_INFINITY && present[i % classCount]) scores[i] = -1e4;
  }
  return scores;
}

function maximum(numbers: Float32Array): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < numbers.length; i++) if (numbers[i]! > best) best = numbers[i]!;
  return best;
}

/** The temperature under which the references, each decided by all others, are likeliest. */
export function leaveOneOutTemperature({ vectors, dim, classes, classCount, gram }: RuleReferences): number {
  const n = classes.length;
  const sizes = new Int32Array(classCount);
  for (const c of classes) sizes[c]!++;
  const likelihoods = new Float64Array(voteTemperatures.length);
  const own = new Float64Array(voteTemperatures.length);
  const all = new Float64Array(voteTemperatures.length);
  for (const [i, row] of sampledCosines(vectors, dim, leaveOneOutQueries, gram)) {
    if (sizes[classes[i]!]! < 2) continue; // alone in its class: no temperature can get it right
    row[i] = Number.NEGATIVE_INFINITY; // weighs nothing
    const highest = maximum(row);
    own.fill(0);
    all.fill(0);
    for (let j = 0; j < n; j++) {
      const same = classes[j] === classes[i];
      for (let parity = 0; parity < 2; parity++) {
        let weight = Math.exp((row[j]! - highest) / voteTemperatures[parity]!);
        for (let t = parity; t < own.length; t += 2) {
          all[t]! += weight;
          if (same) own[t]! += weight;
          weight *= weight; // half the temperature, the square of the weight
        }
      }
    }
    for (let t = 0; t < own.length; t++) likelihoods[t]! += Math.log(Math.max(own[t]! / all[t]!, 1e-12));
  }
  let best = voteTemperatures.indexOf(0.05);
  for (let t = 0; t < likelihoods.length; t++) if (likelihoods[t]! > likelihoods[best]!) best = t;
  return voteTemperatures[best]!;
}
