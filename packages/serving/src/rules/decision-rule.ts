import type { Json } from "@quaterion/core";

/** References as a rule sees them: unit vectors with class numbers. */
export interface RuleReferences {
  /** `[references, dim]`, row-major, each row of length 1 (or 0) */
  readonly vectors: Float32Array;
  readonly dim: number;
  /** Class number of each reference, 0 to `classCount − 1`. A class may have no reference: it is never answered. */
  readonly classes: Int32Array;
  readonly classCount: number;
  /** `[references, references]`: their inner products, where they are known already. */
  readonly gram?: Float32Array;
}

/** What each reference adds to one score. */
export interface Contributions {
  /** `[references]`; they sum to `total` */
  readonly amounts: Float64Array;
  /** What the amounts sum to: the class's score, or its part of all votes. */
  readonly total: number;
  readonly unit: "score" | "votes";
}

/** A rule that knows its references. */
export interface Scorer {
  /**
   * @param queries `[queries, dim]`, row-major, unit rows
   * @param cosines `[queries, references]`: their cosines with the references, where they are known already; a rule that needs none passes over them
   * @returns `[queries, classCount]`; higher is likelier, −∞ for a class without references. A softmax of scores / temperature makes them probabilities.
   */
  scores(queries: Float32Array, cosines?: Float32Array): Float32Array;
  /** Exact shares of the references in the score of class `classIndex`. */
  contributions(query: Float32Array, classIndex: number): Contributions;
  /** What a later fit on similar references can begin with, if fitting is iterative: `[classCount, dim]`. */
  readonly start?: Float32Array;
  /** Numbers that the fit chose, for reports. */
  readonly fitted?: Readonly<Record<string, number>>;
}

/** What an iterative fit may make use of; other rules pass over it. */
export interface FitOptions {
  /** `start` of an earlier scorer, with rows for all of today's classes. */
  readonly start?: Float32Array | undefined;
  /** Only good enough to compare rules by. */
  readonly rough?: boolean | undefined;
  /** Scorers that other rules made of these very references with these very options, by name and options of the rule: what rests on one may take it. */
  readonly shared?: Map<string, Scorer> | undefined;
}

/** How references decide. A value: pass your own to a reference set as well. */
export interface DecisionRule {
  readonly name: string;
  /** All references, or only the nearest few of each query, as a remote index gives them. */
  readonly needs: "all" | "topK";
  /** Options, as they are kept with a saved reference set. */
  readonly options?: Json;
  fit(references: RuleReferences, options?: FitOptions): Scorer;
}

/** Whether each class has a reference. */
export function presentClasses({ classes, classCount }: RuleReferences): boolean[] {
  const present = new Array<boolean>(classCount).fill(false);
  for (const c of classes) present[c] = true;
  return present;
}
