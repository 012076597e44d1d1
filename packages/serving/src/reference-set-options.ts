import {
  anything,
  type EmbeddingModel,
  type FrozenEncoder,
  fraction,
  InvalidArgumentError,
  nonEmptyString,
  nonNegativeInteger,
  type OnProgress,
  positiveInteger,
  shown,
} from "@quaterion/core";
import type { RuleTrials } from "./rule-trials.js";
import type { DecisionRule } from "./rules/decision-rule.js";

/** How a reference set finds its rules. */
export interface RuleOptions<Value = unknown> {
  /** `"auto"` (the default) tries the rules on held-out references and takes the best; or a rule. */
  rule?: "auto" | DecisionRule | undefined;
  /**
   * Rules that `"auto"` tries. Default: those of this package; for a model whose encoder was trained itself, `logisticVote()` alone, for what is tried
   * on other embeddings says nothing of how near trained ones lie.
   */
  rules?: readonly DecisionRule[] | undefined;
  /**
   * A model that was not trained on the references, such as the encoder as it was before: rules are tried on its embeddings of them, and temperatures are found
   * there, because training draws its own samples together, and then any rule looks right and too sure. Default: the encoder below the head (`model.base`)
   * where the model has one and the references their values (and `vectors` are not given); else the references' own embeddings.
   */
  untrained?: EmbeddingModel<Value> | undefined;
  /**
   * Share of known inputs that may be refused as unknown, 0 to 1; false: nothing is refused. Default 0.05. The references' own likeness tells it, which
   * promises it for a model that was not trained on them; with one that was, the likeness before training limits it, and `ReferenceSet.calibrate` promises.
   */
  refuse?: number | false | undefined;
  /** Parts that the references are split into to try rules. Default 5. */
  folds?: number | undefined;
  seed?: number | undefined;
  /**
   * Trials of other reference sets of the same samples, such as those of models that are compared and have one untrained encoder: rules are tried once. `new Map()` to
   * begin with; what is tried here is added.
   */
  trials?: RuleTrials | undefined;
  onProgress?: OnProgress | undefined;
  signal?: AbortSignal | undefined;
}

export interface ReferenceSetOptions<Value = unknown> extends RuleOptions<Value> {
  /** `[values, dim]`: embeddings of the values, where they are known already. */
  vectors?: Float32Array | undefined;
}

export interface CalibrateOptions {
  /** Share of known inputs that may be refused as unknown, 0 to 1; false: nothing is refused. Default 0.05. */
  refuse?: number | false | undefined;
  onProgress?: OnProgress | undefined;
  signal?: AbortSignal | undefined;
}

export interface ClassifyOptions {
  /** Answer with a label of this space; with a label of any where absent. */
  space?: string | undefined;
  /** Alternatives in the answer. Default 5. */
  alternatives?: number | undefined;
  /** Nearest references in the answer. Default 3. */
  nearest?: number | undefined;
  onProgress?: OnProgress | undefined;
  signal?: AbortSignal | undefined;
}

export interface ExplainOptions extends ClassifyOptions {
  /** References shown. Default 10. */
  references?: number | undefined;
  /** Look at the parts of the input too, at the price of an encoding for each. Default true. */
  parts?: boolean | undefined;
}

export interface LoadReferencesOptions<Value> {
  /** The model, where it is loaded already, or lies elsewhere. */
  model?: EmbeddingModel<Value> | undefined;
  /** Rules that the set uses and that are not of this package. */
  rules?: readonly DecisionRule[] | undefined;
  /** For loading the model: its encoder, where it is one of your own. */
  encoder?: FrozenEncoder<Value> | undefined;
  /** For loading the model. */
  threads?: number | undefined;
}

export interface AddOptions {
  /** Space of a label that is given by its name alone. */
  space?: string | undefined;
  /** Ids of the new references; made where absent. */
  ids?: readonly string[] | undefined;
  /** `[values, dim]`: embeddings of the values, where they are known already. */
  vectors?: Float32Array | undefined;
}

/** Checks of {@link RuleOptions}. */
export const ruleChecks = {
  rule: ruleOrAuto,
  rules: ruleList,
  untrained: modelOf,
  refuse: (value: unknown, argument: string) => (value === false ? 0 : fraction(value, argument)),
  folds: positiveInteger,
  seed: nonNegativeInteger,
  trials: trialsMap,
  onProgress: anything,
  signal: anything,
};

/** Checks of {@link ClassifyOptions}. */
export const classifyChecks = {
  space: nonEmptyString,
  alternatives: nonNegativeInteger,
  nearest: nonNegativeInteger,
  onProgress: anything,
  signal: anything,
};

const isRule = (value: unknown) => typeof (value as Partial<DecisionRule> | null)?.fit === "function";

function ruleList(value: unknown, argument: string): void {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isRule))
    throw new InvalidArgumentError(
      `\`${argument}\` must be an array of decision rules, such as [vote(), logistic()]; received ${shown(Array.isArray(value) ? (value.find((each) => !isRule(each)) ?? value) : value)}.`,
    );
}

function ruleOrAuto(value: unknown, argument: string): void {
  if (value !== "auto" && !isRule(value)) {
    throw new InvalidArgumentError(`\`${argument}\` must be "auto" or a decision rule, such as vote(); received ${shown(value)}.`);
  }
}

function trialsMap(value: unknown, argument: string): void {
  if (!(value instanceof Map))
    throw new InvalidArgumentError(`\`${argument}\` must be a Map, empty to begin with; received ${shown(value)}.`);
}

function modelOf(value: unknown, argument: string): void {
  if (typeof value === "object" && value !== null && "encode" in value && typeof value.encode === "function") return;
  throw new InvalidArgumentError(
    `\`${argument}\` must be a model or an encoder that the references did not train, such as hashingEncoder(); received ${shown(value)}.`,
  );
}
