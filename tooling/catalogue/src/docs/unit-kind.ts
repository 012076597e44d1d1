import type { Docstring } from "./docstring.js";

/** What an exported unit is, told by its type. */
export type UnitKind = "loss" | "wrapper" | "regularizer" | "distance" | "pairedDistance" | "reducer" | "miner";

const kinds: readonly (readonly [UnitKind, RegExp])[] = [
  ["loss", /= define(Relation|Class|Score|View)Loss\b/],
  ["regularizer", /= defineRegularizer\b/],
  ["wrapper", /\): (LossThatReads|RelationLoss|ClassLoss|ScoreLoss|ViewLoss)<[^>]*> $/],
  ["reducer", /\): Reducer\b/],
  ["miner", /\): Miner $/],
  ["distance", /\(anchors: tf\.Tensor2D, candidates: tf\.Tensor2D(, scale = 1)?\): tf\.Tensor2D $|\): PairFunction $/],
  ["pairedDistance", /\(first: tf\.Tensor2D, second: tf\.Tensor2D\): tf\.Tensor1D $/],
];

/** Undefined for what is for authors of losses alone. */
export function unitKind({ signature }: Docstring): UnitKind | undefined {
  return kinds.find(([, type]) => type.test(signature))?.[0];
}

/** Parts that the docstring of a unit must have and lacks. */
export function missingParts(unit: Docstring): string[] {
  const kind = unitKind(unit);
  const full = kind === "loss" || kind === "regularizer";
  return [
    ...(unit.what === "" ? ["a first sentence that says what it is"] : []),
    ...(full && !/[=·−+²/|ψσ]|max|mean|softmax/.test(unit.formula) ? ["a formula as its second sentence"] : []),
    ...(unit.use === "" && (full || kind === "wrapper") ? ['a line "Use it …"'] : []),
    ...(full && unit.source === "" ? ['a last paragraph with the source and its year (or that there is "no paper")'] : []),
  ];
}
