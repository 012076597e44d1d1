import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import golden from "../../test/fixtures/optimizers.json" with { type: "json" };
import { adam, adamW } from "./adam-w.js";
import type { Optimizer } from "./optimizer.js";
import { sgd } from "./sgd.js";

interface TorchOptions {
  readonly lr: number;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly weight_decay: number;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
}

function optimizerOf(
  name: string,
  { betas, eps: epsilon, weight_decay: weightDecay, momentum, dampening, nesterov }: TorchOptions,
): Optimizer {
  if (name.startsWith("AdamW")) return adamW({ betas, epsilon, weightDecay, decay: "all" });
  if (name.startsWith("Adam")) return adam({ betas, epsilon, weightDecay, decay: "all" });
  return sgd({ momentum, dampening, nesterov, weightDecay, decay: "all" });
}

type Numbers = readonly number[] | readonly (readonly number[])[];

/** Weights after each step, driven as the trainer drives an optimizer. */
function weightsAfterSteps(
  optimizer: Optimizer,
  start: Numbers,
  rate: number,
  gradientAt: (step: number, weight: number[]) => Numbers,
  steps: number,
): number[][] {
  return tf.tidy(() => {
    let weight: tf.Tensor = tf.tensor(start as number[]);
    let slots: Readonly<Record<string, tf.Tensor>> = Object.fromEntries(optimizer.slots.map((slot) => [slot, tf.zerosLike(weight)]));
    const rows: number[][] = [];
    for (let step = 1; step <= steps; step++) {
      const gradient = tf.tensor(gradientAt(step, [...weight.dataSync()]) as number[]);
      const coefficients = Object.fromEntries(
        Object.entries(optimizer.coefficients(rate, step)).map(([name, value]) => [name, tf.scalar(value)]),
      );
      ({ weight, slots } = optimizer.update({ weight, gradient, slots, coefficients }));
      rows.push([...weight.dataSync()]);
    }
    return rows;
  });
}

const expectClose = (received: readonly number[], expected: readonly number[], what: string) => {
  expect(received).toHaveLength(expected.length);
  // Float32 against float64; the libraries' own float32 differs by up to 1e-6 after 20 steps.
  for (const [i, value] of expected.entries())
    expect(Math.abs(received[i]! - value), what).toBeLessThan(2e-6 * Math.max(1, Math.abs(value)));
};

beforeAll(() => tf.setBackend("cpu"));

describe("optimizers", () => {
  it.each(golden.optimizers.map((entry) => [entry.name, entry] as const))(
    "%s: 20 steps are PyTorch's",
    (name, { options, init, source, w, M }) => {
      const { A, b } = golden.quadratic;
      const torch = options as unknown as TorchOptions;
      const optimizer = optimizerOf(name, torch);
      const quadratic = (_: number, weight: number[]) => A.map((row, i) => row.reduce((sum, a, j) => sum + a * weight[j]!, 0) - b[i]!);
      const given = (step: number) => golden.gradients[step - 1]!.w;
      const rows = weightsAfterSteps(optimizer, init.w, torch.lr, source === "quadratic" ? quadratic : given, w.length);
      for (const [i, expected] of w.entries()) expectClose(rows[i]!, expected, `step ${i + 1}`);
      if (!M || !("M" in init)) return;
      const matrix = weightsAfterSteps(optimizer, init.M as number[][], torch.lr, (step) => golden.gradients[step - 1]!.M, w.length);
      for (const [step, expected] of Object.entries(M)) expectClose(matrix[Number(step) - 1]!, expected.flat(), `M, step ${step}`);
    },
  );

  it.each([
    ["adamW", adamW({ weightDecay: 0.5 })],
    ["adam", adam({ weightDecay: 0.5 })],
    ["sgd", sgd({ weightDecay: 0.5 })],
  ])("%s lets matrices decay and vectors not, unless told otherwise", (_, optimizer) => {
    const zero = (shape: readonly number[]) => tf.zeros(shape as number[]).arraySync() as Numbers;
    const after = (start: Numbers) => weightsAfterSteps(optimizer, start, 0.1, () => zero(tf.tensor(start as number[]).shape), 1)[0]!;
    expect(after([1, 2])).toEqual([1, 2]);
    expect(after([[1, 2]])[1]).toBeLessThan(2);
  });

  it.each([
    [() => adamW({ betas: [0.9, 1] }), "`adamW.betas` must be two numbers from 0 to below 1; received [0.9,1]."],
    [() => adam({ epsilon: 0 }), "`adam.epsilon` must be a finite number above 0; received 0."],
    [() => adamW({ weightdecay: 1 } as object), 'Did you mean "weightDecay"?'],
    [
      () => sgd({ nesterov: true, momentum: 0 }),
      "`sgd.nesterov` needs momentum above 0 and dampening 0; received momentum 0 and dampening 0.",
    ],
    [() => sgd({ momentum: -1 }), "`sgd.momentum`"],
  ])("names a wrong option (%#)", (make, message) => {
    expect(make).toThrow(message);
  });
});
