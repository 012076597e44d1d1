import type { DecisionRule, RuleReferences } from "./rules/decision-rule.js";

/** How one rule did on held-out references, reference by reference: rows that took no part are 0 everywhere. */
export interface RuleTrial {
  readonly accuracy: number;
  readonly logLikelihood: number;
  readonly temperature: number;
  readonly right: Uint8Array;
  readonly logs: Float64Array;
  readonly counted: number;
}

/**
 * Trials by what they were made of. Pass one to several reference sets of the same samples: a rule, known by its name
 * and options, is tried on the same embeddings once. `new Map()` to begin with.
 */
export type RuleTrials = Map<string, RuleTrial>;

/** Name of a trial: of everything that its outcome rests on. */
export function trialKey({ name, options }: DecisionRule, about: string): string {
  return JSON.stringify([name, options ?? null, about]);
}

/** The content of references and of what splits them, as a text that other content has with a chance of 2⁻⁶⁴ only. */
export function contentOf({ vectors, dim, classes, classCount }: RuleReferences, parts: Int32Array, enough: number): string {
  const sums = [vectors, classes, parts].map(digest);
  return JSON.stringify([dim, classCount, vectors.length, enough, sums]);
}

/** Two chains of 32 bits: multiplied and mixed as in MurmurHash3 (Appleby, 2011). */
function digest(numbers: Float32Array | Int32Array): string {
  const words = new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  let [a, b] = [0x3c6ef372, 0x2545f491];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    a = Math.imul(a ^ word, 0xcc9e2d51);
    a ^= a >>> 15;
    b = Math.imul((b << 13) | (b >>> 19), 5) ^ Math.imul(word, 0x1b873593);
  }
  return `${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`;
}
