import type { Decider } from "./decider.js";

/** How a label space is decided. */
export interface RuleReport {
  /** Name of the decision rule. */
  readonly rule: string;
  /** Makes the rule's scores probabilities. */
  readonly temperature: number;
  /** Similarity to the nearest reference below which an input is refused; −∞: nothing is. */
  readonly threshold: number;
  /** How each rule that was tried did on held-out references: share that it got right, mean log-probability of the right class. */
  readonly tried: readonly {
    readonly rule: string;
    readonly accuracy: number;
    readonly logLikelihood: number;
    readonly temperature: number;
  }[];
}

/** What decides in each space (and in all, under the key `""`). */
export function ruleReports(deciders: readonly Decider[]): Readonly<Record<string, RuleReport>> {
  const report = ({ space, settings: { rule, temperature, threshold, table } }: Decider): [string, RuleReport] => {
    const tried = table.map((result) => ({ ...result, rule: result.rule.name }));
    return [space ?? "", { rule: rule.name, temperature, threshold, tried }];
  };
  return Object.fromEntries(deciders.map(report));
}
