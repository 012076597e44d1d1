import * as tf from "@tensorflow/tfjs-core";
import { type Clipping, clippedGradients } from "./clipped-gradients.js";
import { updateTogether } from "./optimizers/update-together.js";
import type { Parameter, TrainingState } from "./training-state.js";

/** The numbers of one update. Weights of one optimizer, rate and age share theirs. */
export interface UpdateNumbers {
  /** Equal for updates that are the same graph. */
  readonly structure: string;
  of(parameter: Parameter): Readonly<Record<string, tf.Scalar>>;
  readonly tensors: readonly tf.Tensor[];
}

/** Makes the coefficients of the next update of each parameter; call it inside `tf.tidy`. */
export function updateNumbers(parameters: readonly Parameter[], learningRate: number): UpdateNumbers {
  const kinds: { like: Parameter; coefficients: Record<string, tf.Scalar> }[] = [];
  const kindOf = (parameter: Parameter): number => {
    const { optimizer, rateScale, updates } = parameter;
    const known = kinds.findIndex(({ like }) => like.optimizer === optimizer && like.rateScale === rateScale && like.updates === updates);
    if (known >= 0) return known;
    const numbers = optimizer.coefficients(learningRate * rateScale, updates + 1);
    return kinds.push({ like: parameter, coefficients: mapped(numbers, (number) => tf.scalar(number)) }) - 1;
  };
  const kindsOf = new Map(parameters.map((parameter) => [parameter, kindOf(parameter)]));
  return {
    structure: [...kindsOf.values()].join(),
    of: (parameter) => kinds[kindsOf.get(parameter)!]!.coefficients,
    tensors: kinds.flatMap(({ coefficients }) => Object.values(coefficients)),
  };
}

/**
 * Assigns new weights and slots to every parameter that has a gradient. Call it inside `tf.tidy`.
 * @param gradients by the variables' names
 * @returns the length of all gradients together before clipping, and the parameters that were updated
 */
export function updateWeights(
  state: TrainingState,
  given: Readonly<Record<string, tf.Tensor>>,
  clipping: Clipping,
  numbers: Pick<UpdateNumbers, "of">,
): { norm: tf.Scalar; touched: readonly Parameter[] } {
  const { gradients, norm } = clippedGradients(given, clipping);
  const touched = state.parameters.filter(({ variable }) => gradients[variable.name] !== undefined);
  const optimizers = new Set(touched.map(({ optimizer }) => optimizer));
  for (const optimizer of optimizers) {
    const own = touched.filter((parameter) => parameter.optimizer === optimizer);
    const next = updateTogether(
      optimizer,
      own.map((parameter) => ({
        weight: parameter.variable,
        gradient: gradients[parameter.variable.name]!,
        slots: parameter.slots,
        coefficients: numbers.of(parameter),
      })),
    );
    for (const [i, { variable, slots }] of own.entries()) {
      variable.assign(next[i]!.weight);
      for (const [slot, value] of Object.entries(next[i]!.slots)) slots[slot]!.assign(value);
    }
  }
  return { norm, touched };
}

function mapped<From, To>(record: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value)]));
}
