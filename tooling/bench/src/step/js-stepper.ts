import { type Optimizer, updateTogether } from "@quaterion/trainer";
import * as tf from "@tensorflow/tfjs-core";
import type { Case } from "./cases.js";
import { lossOf, supConMasks } from "./programs.js";

/**
 * A case on the engine in use, step by step.
 * @param compile what the engine makes of a function that is called many times
 * @param inOneRun the engine makes loss and weights in one run: whoever has the loss has the weights
 */
export function jsStepper(
  one: Case,
  arrays: Readonly<Record<string, Float32Array>>,
  optimizer: Optimizer | undefined,
  compile: (fn: (...inputs: tf.Tensor[]) => tf.Tensor[]) => (...inputs: tf.Tensor[]) => tf.Tensor[],
  inOneRun: boolean,
) {
  const tensor = (name: string, shape: readonly number[]) => tf.tensor(arrays[name]!, [...shape]);
  const variables = Object.entries(one.weights).map(([name, { shape }]) => ({
    name,
    variable: tf.tidy(() => tf.variable(tensor(name, shape))),
    slots: Object.fromEntries(
      Object.entries(optimizer?.slots(shape) ?? {}).map(([slot, own]) => [slot, tf.tidy(() => tf.variable(tf.zeros([...own])))]),
    ) as Record<string, tf.Variable>,
  }));
  const frozen = Object.fromEntries(Object.entries(one.frozen).map(([name, { shape }]) => [name, tensor(name, shape)]));
  const masks = one.program === "supCon" ? supConMasks(one.inputs["rows"]!.shape[0]!) : undefined;
  const weights = { ...frozen, ...Object.fromEntries(variables.map(({ name, variable }) => [name, variable])) };
  let update = 0;

  const names = Object.keys(one.inputs);
  const coefficientNames = Object.keys(optimizer?.coefficients(1e-4, 1) ?? {});
  const program = (...given: tf.Tensor[]): tf.Tensor[] => {
    const inputs = Object.fromEntries(names.map((name, i) => [name, given[i]!]));
    if (optimizer === undefined) return [lossOf(one, inputs, weights, masks)];
    const { value, grads } = tf.variableGrads(
      () => lossOf(one, inputs, weights, masks),
      variables.map(({ variable }) => variable),
    );
    const coefficients = Object.fromEntries(coefficientNames.map((name, i) => [name, given[names.length + i] as tf.Scalar]));
    const next = updateTogether(
      optimizer,
      variables.map(({ variable, slots }) => ({ weight: variable, gradient: grads[variable.name]!, slots, coefficients })),
    );
    for (const [i, { variable, slots }] of variables.entries()) {
      variable.assign(next[i]!.weight);
      for (const [slot, values] of Object.entries(next[i]!.slots)) slots[slot]!.assign(values);
    }
    return [value];
  };
  const run = compile(program);
  const record = () =>
    tf.tidy(() => {
      // Fed anew, as a batch is.
      const inputs = names.map((name) => tensor(name, one.inputs[name]!.shape));
      const coefficients = Object.values(optimizer?.coefficients(1e-4, ++update) ?? {}).map((number) => tf.scalar(number));
      return run(...inputs, ...coefficients)[0]!;
    });

  return {
    async step(): Promise<number> {
      const loss = record();
      const [value] = await loss.data();
      // An engine that computes at once may not have finished the weights.
      if (variables[0] && !inOneRun) await tf.slice(tf.reshape(variables.at(-1)!.variable, [-1]), 0, 1).data();
      loss.dispose();
      return value!;
    },
    dispose(): void {
      tf.dispose([...variables.flatMap(({ variable, slots }) => [variable, ...Object.values(slots)]), ...Object.values(frozen)]);
      if (masks) tf.dispose([masks.similar, masks.others]);
    },
  };
}
