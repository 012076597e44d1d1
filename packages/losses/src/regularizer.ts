import { type Check, InvalidArgumentError, type Json, reject } from "@quaterion/core";
import type { LossRatio } from "@quaterion/core/training";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { declaredLoss } from "./loss-definition.js";
import type { LossChecks } from "./loss-options.js";

/** What a regularizer sees. */
export interface RegularizerInput {
  /** Embeddings or class vectors, `[rows, dim]`. */
  readonly rows: Tensor2D;
  /** 0/1 `[rows, rows]`: which rows are known to be of different things; where nothing is known of any, each row and all others. */
  apart(): Tensor2D;
}

/** A cost of vectors alone, whatever they are vectors of. For {@link regularized}. */
export interface Regularizer {
  readonly name: string;
  readonly config: Json;
  /** True where it is no sum over rows: on embeddings it needs whole batches. */
  readonly wholeBatch: boolean;
  /** True where it makes sense for class vectors alone. */
  readonly parametersOnly: boolean;
  /** The cost is Σ total / count. Called inside `tf.tidy`. */
  compute(input: RegularizerInput): readonly LossRatio[];
}

/** A regularizer, as its author writes it. */
export interface RegularizerDefinition<Options extends object> {
  readonly name: string;
  readonly defaults: Options;
  readonly check: LossChecks<Options>;
  readonly wholeBatch?: boolean;
  readonly parametersOnly?: boolean;
  /** Ratios whose totals and counts add up over blocks of rows, unless it needs whole batches. */
  compute(input: RegularizerInput, options: Readonly<Options>): readonly LossRatio[];
}

/**
 * Makes the factory of a regularizer: `(options?) => Regularizer`.
 * @throws {InvalidArgumentError} (the factory) for an unknown option, with those that there are, and for what an option's check rejects
 */
export function defineRegularizer<Options extends object>(
  definition: RegularizerDefinition<Options>,
): (options?: { readonly [Name in keyof Options]?: Options[Name] }) => Regularizer {
  return (given) => {
    if (Object(given) === given && "reducer" in given!)
      throw new InvalidArgumentError(`\`${definition.name}\` has no option \`reducer\`: it reduces itself.`);
    const [facts, options] = declaredLoss(definition, given);
    return {
      name: facts.name,
      config: facts.config,
      wholeBatch: facts.wholeBatch,
      parametersOnly: definition.parametersOnly ?? false,
      compute: (input) => definition.compute(input, options),
    };
  };
}

/** Checks an option that takes a regularizer. */
export const regularizerValue: Check<Regularizer> = (value, argument) =>
  typeof value === "object" && value !== null && "parametersOnly" in value && "compute" in value
    ? (value as Regularizer)
    : reject(argument, "a regularizer, such as lpRegularizer()", value);
