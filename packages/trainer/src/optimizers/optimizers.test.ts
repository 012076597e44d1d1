import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import golden from "../../test/fixtures/optimizers.json" with { type: "json" };
import { clippedGradients } from "../clipped-gradients.js";
import { averaged } from "./averaged.js";
import { adafactor, adagrad, adam, adamax, adamW, lamb, lion, type Optimizer, rmsProp, sgd } from "./index.js";

interface PeerOptions {
  readonly lr: number | null;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly weight_decay: number;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  readonly amsgrad?: boolean;
  readonly alpha?: number;
  readonly centered?: boolean;
  readonly lr_decay?: number;
  readonly relative_step?: boolean;
  readonly scale_parameter?: boolean;
  readonly warmup_init?: boolean;
  readonly beta1?: number | null;
  readonly max_grad_norm?: number | null;
  readonly trust_clip?: boolean;
  readonly always_adapt?: boolean;
}

/** Our optimizer with a peer's options, and the rate that the peer has at each step. */
function ours(name: string, options: PeerOptions): { optimizer: Optimizer; rate: (step: number) => number } {
  const { lr, betas, eps: epsilon, weight_decay: weightDecay, momentum, dampening, nesterov, amsgrad, alpha, centered } = options;
  const steady = (optimizer: Optimizer) => ({ optimizer, rate: () => lr ?? 0.01 });
  const decay = "all" as const;
  switch (name.split("/")[0]) {
    case "AdamW":
      return steady(adamW({ betas, epsilon, weightDecay, decay, amsgrad }));
    case "AdamW+linear_warmup":
      // transformers' linear schedule of 4 warm-up steps in 20, whose first rate is 0.
      return { optimizer: adamW({ weightDecay, decay }), rate: (step) => lr! * (step <= 4 ? (step - 1) / 4 : (21 - step) / 16) };
    case "Adam":
      return steady(adam({ betas, epsilon, weightDecay, decay, amsgrad }));
    case "SGD":
      return steady(sgd({ momentum, dampening, nesterov, weightDecay, decay }));
    case "RMSprop":
      return steady(rmsProp({ alpha, epsilon, momentum, centered, weightDecay, decay }));
    case "Adagrad":
      return steady(adagrad({ rateDecay: options.lr_decay, epsilon, weightDecay, decay }));
    case "Adamax":
      return steady(adamax({ betas, epsilon, weightDecay, decay }));
    case "LAMB":
      return steady(lamb({ betas, epsilon, weightDecay, decay, clipTrust: options.trust_clip, alwaysAdapt: options.always_adapt }));
    case "torch.Adafactor":
      return steady(adafactor());
    case "transformers.Adafactor": {
      const { relative_step: relativeStep, scale_parameter: scaleParameter, beta1, warmup_init } = options;
      const optimizer = adafactor({ relativeStep, scaleParameter, momentum: beta1 ?? 0, weightDecay, decay });
      return { optimizer, rate: (step) => (warmup_init ? 1e-6 * step : (lr ?? 0.01)) };
    }
    default:
      throw new Error(`No optimizer stands for ${name}.`);
  }
}

type Numbers = readonly number[] | readonly (readonly number[])[];
type Weights = Readonly<Record<string, Numbers>>;

/** Weights after each step, driven as the trainer drives an optimizer. */
function weightsAfterSteps(
  { optimizer, rate }: ReturnType<typeof ours>,
  start: Weights,
  gradientAt: (step: number, weights: Record<string, number[]>) => Weights,
  steps: number,
  clipNorm?: number,
): Record<string, number[]>[] {
  return tf.tidy(() => {
    let weights: Record<string, tf.Tensor> = mapValues(start, (values) => tf.tensor(values as number[]));
    let slots = mapValues(weights, ({ shape }) => mapValues(optimizer.slots(shape), (each) => tf.zeros(each as number[]) as tf.Tensor));
    const rows: Record<string, number[]>[] = [];
    for (let step = 1; step <= steps; step++) {
      const given = gradientAt(
        step,
        mapValues(weights, (weight) => [...weight.dataSync()]),
      );
      const { gradients } = clippedGradients(
        mapValues(given, (values) => tf.tensor(values as number[]) as tf.Tensor),
        { clipNorm },
      );
      const coefficients = mapValues(optimizer.coefficients(rate(step), step), (value) => tf.scalar(value));
      const next = mapValues(weights, (weight, name) =>
        optimizer.update({ weight, gradient: gradients[name]!, slots: slots[name]!, coefficients }),
      );
      weights = mapValues(next, ({ weight }) => weight);
      slots = mapValues(next, (each) => each.slots as Record<string, tf.Tensor>);
      rows.push(mapValues(weights, (weight) => [...weight.dataSync()]));
    }
    return rows;
  });
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, to: (value: From, name: string) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value, name)]));
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
    "%s: 20 steps are the peer's",
    (name, { options, init, source, w, M }) => {
      const { A, b } = golden.quadratic;
      const peer = options as unknown as PeerOptions;
      const quadratic = (_: number, { w: weight }: Record<string, number[]>) => ({
        w: A.map((row, i) => row.reduce((sum, a, j) => sum + a * weight![j]!, 0) - b[i]!),
      });
      const given = (step: number): Weights => golden.gradients[step - 1]!;
      const rows = weightsAfterSteps(
        ours(name, peer),
        init as unknown as Weights,
        source === "quadratic" ? quadratic : given,
        w.length,
        peer.max_grad_norm ?? undefined,
      );
      for (const [i, expected] of w.entries()) expectClose(rows[i]!["w"]!, expected, `step ${i + 1}`);
      for (const [step, expected] of Object.entries(M ?? {}))
        expectClose(rows[Number(step) - 1]!["M"]!, expected.flat(), `M, step ${step}`);
    },
  );

  it("lion takes the steps of its formula", () => {
    const [beta1, beta2, rate, weightDecay] = [0.8, 0.95, 0.02, 0.3];
    const optimizer = lion({ betas: [beta1, beta2], weightDecay });
    const start = golden.optimizers[0]!.init as unknown as Weights;
    const rows = weightsAfterSteps({ optimizer, rate: () => rate }, start, (step) => golden.gradients[step - 1]!, 20);
    for (const [name, decays] of [["w", 0] as const, ["M", weightDecay] as const]) {
      const weight = start[name]!.flat();
      const mean = weight.map(() => 0);
      for (const [step, row] of rows.entries()) {
        for (const [i, g] of golden.gradients[step]![name].flat().entries()) {
          weight[i]! -= rate * (decays * weight[i]! + Math.sign(beta1 * mean[i]! + (1 - beta1) * g));
          mean[i] = beta2 * mean[i]! + (1 - beta2) * g;
        }
        expectClose(row[name]!, weight, `${name}, step ${step + 1}`);
      }
    }
  });

  it("rmsProp, centered and with momentum, takes the steps of its formula", () => {
    const [alpha, momentum, rate, weightDecay, epsilon] = [0.9, 0.7, 0.01, 0.2, 1e-4];
    const optimizer = rmsProp({ alpha, momentum, centered: true, weightDecay, epsilon, decay: "all" });
    const start = golden.optimizers[0]!.init as unknown as Weights;
    const rows = weightsAfterSteps({ optimizer, rate: () => rate }, start, (step) => golden.gradients[step - 1]!, 20);
    const weight = start["M"]!.flat();
    const [square, mean, velocity] = [0, 0, 0].map(() => weight.map(() => 0)) as [number[], number[], number[]];
    for (const [step, row] of rows.entries()) {
      for (const [i, given] of golden.gradients[step]!.M.flat().entries()) {
        const g = given + weightDecay * weight[i]!;
        square[i] = alpha * square[i]! + (1 - alpha) * g * g;
        mean[i] = alpha * mean[i]! + (1 - alpha) * g;
        velocity[i] = momentum * velocity[i]! + g / (Math.sqrt(square[i]! - mean[i]! ** 2) + epsilon);
        weight[i]! -= rate * velocity[i]!;
      }
      expectClose(row["M"]!, weight, `step ${step + 1}`);
    }
  });

  it("adagrad and adamax with decay take the steps of their formulas", () => {
    const [rate, weightDecay, epsilon] = [0.05, 0.3, 0.1];
    const start = golden.optimizers[0]!.init as unknown as Weights;
    const steps = (optimizer: Optimizer) =>
      weightsAfterSteps({ optimizer, rate: () => rate }, start, (step) => golden.gradients[step - 1]!, 20).map(({ M }) => M!);
    const weight = start["M"]!.flat();
    const square = weight.map(() => 0);
    for (const [step, row] of steps(adagrad({ rateDecay: 0.1, epsilon, weightDecay })).entries()) {
      for (const [i, given] of golden.gradients[step]!.M.flat().entries()) {
        const g = given + weightDecay * weight[i]!;
        square[i]! += g * g;
        weight[i]! -= ((rate / (1 + step * 0.1)) * g) / (Math.sqrt(square[i]!) + epsilon);
      }
      expectClose(row, weight, `adagrad, step ${step + 1}`);
    }
    const [beta1, beta2] = [0.8, 0.9];
    const other = start["M"]!.flat();
    const [mean, largest] = [other.map(() => 0), other.map(() => 0)];
    for (const [step, row] of steps(adamax({ betas: [beta1, beta2], epsilon, weightDecay })).entries()) {
      for (const [i, given] of golden.gradients[step]!.M.flat().entries()) {
        const g = given + weightDecay * other[i]!;
        mean[i] = beta1 * mean[i]! + (1 - beta1) * g;
        largest[i] = Math.max(beta2 * largest[i]!, Math.abs(g) + epsilon);
        other[i]! -= ((rate / (1 - beta1 ** (step + 1))) * mean[i]!) / largest[i]!;
      }
      expectClose(row, other, `adamax, step ${step + 1}`);
    }
  });

  it("adafactor takes the steps of its formula on a stack of matrices: means by row and column of each, sizes of all", () => {
    const [decayRate, clipThreshold, weightDecay, momentum, leastSquare, leastSize] = [0.7, 0.5, 0.2, 0.6, 0.01, 0.4];
    const optimizer = adafactor({ decayRate, clipThreshold, weightDecay, momentum, epsilons: [leastSquare, leastSize] });
    const shape = [2, 2, 3];
    const numbers = (step: number) => Array.from({ length: 12 }, (_, i) => Math.sin(7 * step + 3 * i) * (1 + (i % 4)));
    // Small at first, so that their size counts as the least one.
    const start = tf.mul(tf.tensor(numbers(0), shape), 0.1);
    const weight = [...start.dataSync()];
    const gradientAt = (step: number) => ({ W: tf.tensor(numbers(step), shape).arraySync() as unknown as Numbers });
    // The highest rate is above 1/√t from the second step on.
    const rows = weightsAfterSteps({ optimizer, rate: () => 0.8 }, { W: start.arraySync() as unknown as Numbers }, gradientAt, 20);
    const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const size = (values: readonly number[]) => Math.sqrt(meanOf(values.map((value) => value * value)));
    const [byRow, byColumn, velocity] = [4, 6, 12].map((length) => new Array<number>(length).fill(0)) as [number[], number[], number[]];
    for (const [at, row] of rows.entries()) {
      const step = at + 1;
      const g = numbers(step);
      const kept = 1 - step ** -decayRate;
      const squares = g.map((value) => value * value + leastSquare);
      for (let matrix = 0; matrix < 2; matrix++) {
        const of = (r: number, c: number) => squares[matrix * 6 + r * 3 + c]!;
        for (const r of [0, 1]) byRow[2 * matrix + r] = kept * byRow[2 * matrix + r]! + (1 - kept) * meanOf([0, 1, 2].map((c) => of(r, c)));
        for (const c of [0, 1, 2])
          byColumn[3 * matrix + c] = kept * byColumn[3 * matrix + c]! + (1 - kept) * meanOf([0, 1].map((r) => of(r, c)));
      }
      const raw = g.map((value, i) => {
        const [matrix, r, c] = [Math.floor(i / 6), Math.floor((i % 6) / 3), i % 3];
        const mean = meanOf(byRow.slice(2 * matrix, 2 * matrix + 2));
        return value / Math.sqrt((byRow[2 * matrix + r]! * byColumn[3 * matrix + c]!) / mean);
      });
      const alpha = Math.min(0.8, 1 / Math.sqrt(step)) * Math.max(leastSize, size(weight));
      const scale = alpha / Math.max(1, size(raw) / clipThreshold);
      for (let i = 0; i < 12; i++) {
        velocity[i] = momentum * velocity[i]! + (1 - momentum) * raw[i]! * scale;
        weight[i] = weight[i]! * (1 - alpha * weightDecay) - velocity[i]!;
      }
      expectClose(row["W"]!, weight, `step ${step}`);
    }
  });

  it("have the defaults that their papers and PyTorch give them", () => {
    const shared = { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0, decay: "matrices" };
    expect(adamW().config).toEqual({ ...shared, weightDecay: 0.01, amsgrad: false });
    expect(adam().config).toEqual({ ...shared, amsgrad: false });
    expect(adamax().config).toEqual(shared);
    expect(lamb().config).toEqual({ ...shared, epsilon: 1e-6, weightDecay: 0.01, clipTrust: false, alwaysAdapt: false });
    expect(lion().config).toEqual({ betas: [0.9, 0.99], weightDecay: 0, decay: "matrices" });
    expect(adagrad().config).toEqual({ rateDecay: 0, epsilon: 1e-10, weightDecay: 0, decay: "matrices" });
    expect(rmsProp().config).toEqual({ alpha: 0.99, epsilon: 1e-8, momentum: 0, centered: false, weightDecay: 0, decay: "matrices" });
    expect(sgd().config).toEqual({ momentum: 0.9, dampening: 0, nesterov: false, weightDecay: 0, decay: "matrices" });
    expect(adafactor().config).toEqual({
      ...{ relativeStep: true, scaleParameter: true, clipThreshold: 1, decayRate: 0.8, momentum: 0 },
      ...{ epsilons: [1e-30, 1e-3], weightDecay: 0, decay: "matrices" },
    });
    expect(averaged(sgd(), 0.9).config).toEqual({ of: sgd().config, averageDecay: 0.9 });
  });

  it("rmsProp, centered, stays finite where gradients never change: their spread is 0 but for rounding", () => {
    const start = { w: [1, 2, 3, 4] };
    const optimizer = rmsProp({ centered: true, alpha: 0.5 });
    const rows = weightsAfterSteps({ optimizer, rate: () => 1e-6 }, start, () => ({ w: [0.1, 0.3, 0.7, 1e-3] }), 60);
    expect(rows.flatMap(({ w }) => w!).every(Number.isFinite)).toBe(true);
  });

  it("adagrad's rate falls with its updates where it is told so", () => {
    const { coefficients } = adagrad({ rateDecay: 0.5 });
    expect([1, 2, 3].map((update) => coefficients(1, update)["learningRate"])).toEqual([1, 1 / 1.5, 0.5]);
  });

  it("adafactor keeps n + m numbers for a matrix, and a matrix for its momentum", () => {
    expect(adafactor().slots([3, 5])).toEqual({ rows: [3], columns: [5] });
    expect(adafactor().slots([2, 3, 5])).toEqual({ rows: [2, 3], columns: [2, 5] });
    expect(adafactor({ momentum: 0.9 }).slots([5])).toEqual({ square: [5], velocity: [5] });
  });

  it("lamb takes the factor 1 where weights, or steps, have no length", () => {
    const from = (start: number[][], gradient: number[][]) =>
      weightsAfterSteps(
        { optimizer: lamb({ alwaysAdapt: true, weightDecay: 0 }), rate: () => 0.5 },
        { M: start },
        () => ({ M: gradient }),
        1,
      )[0]!["M"]!;
    expectClose(from([[0, 0]], [[1, -1]]), [-0.5, 0.5], "no weights");
    expectClose(from([[1, 2]], [[0, 0]]), [1, 2], "no gradient");
  });

  it.each([
    ["adamW", adamW({ weightDecay: 0.5 })],
    ["adam", adam({ weightDecay: 0.5 })],
    ["sgd", sgd({ weightDecay: 0.5 })],
    ["rmsProp", rmsProp({ weightDecay: 0.5 })],
    ["adagrad", adagrad({ weightDecay: 0.5 })],
    ["adamax", adamax({ weightDecay: 0.5 })],
    ["adafactor", adafactor({ weightDecay: 0.5 })],
    ["lamb", lamb({ weightDecay: 0.5 })],
    ["lion", lion({ weightDecay: 0.5 })],
  ])("%s lets matrices decay and vectors not, unless told otherwise", (_, optimizer) => {
    const zero = (shape: readonly number[]) => tf.zeros(shape as number[]).arraySync() as Numbers;
    const after = (start: Numbers) =>
      weightsAfterSteps({ optimizer, rate: () => 0.1 }, { start }, () => ({ start: zero(tf.tensor(start as number[]).shape) }), 1)[0]![
        "start"
      ]!;
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
    [() => rmsProp({ alpha: 1 }), "`rmsProp.alpha` must be a number from 0 to below 1; received 1."],
    [() => adagrad({ rateDecay: -1 }), "`adagrad.rateDecay`"],
    [() => adamax({ epsilon: 0 }), "`adamax.epsilon`"],
    [() => lamb({ trust: true } as object), "`lamb` has no option `trust`."],
    [
      () => adamW({ learningRate: 1 } as object),
      "`adamW` has no option `learningRate`: the rate is `fit.learningRate`, or that of a group, `fit.groups.head.learningRate`.",
    ],
    [() => sgd({ lr: 1 } as object), "`sgd` has no option `lr`: the rate is `fit.learningRate`"],
    [() => lion({ betas: [0.9] as never }), "`lion.betas`"],
    [() => adafactor({ epsilons: [0, 1] }), "`adafactor.epsilons` must be two finite numbers above 0; received [0,1]."],
    [() => adafactor({ epsilons: [1] as never }), "received [1]."],
    [() => adafactor({ epsilons: [1, Number.POSITIVE_INFINITY] }), "`adafactor.epsilons`"],
    [() => averaged(sgd(), 1), "`fit.ema` must be a number from 0 to below 1; received 1."],
  ])("names a wrong option (%#)", (make, message) => {
    expect(make).toThrow(message);
  });
});

describe("averaged", () => {
  it("keeps the average of the weights that the optimizer makes, the first ones weighing no more than others", () => {
    const optimizer = averaged(adamW(), 0.9);
    const start = golden.optimizers[0]!.init as unknown as Weights;
    const plain = weightsAfterSteps({ optimizer: adamW(), rate: () => 0.05 }, start, (step) => golden.gradients[step - 1]!, 20);
    expect(weightsAfterSteps({ optimizer, rate: () => 0.05 }, start, (step) => golden.gradients[step - 1]!, 20)).toEqual(plain);
    tf.tidy(() => {
      let weight: tf.Tensor = tf.tensor(start["w"] as number[]);
      let slots: Record<string, tf.Tensor> = mapValues(optimizer.slots([4]), () => tf.zeros([4]));
      for (const [step, { w }] of plain.entries()) {
        const coefficients = mapValues(optimizer.coefficients(0.05, step + 1), (value) => tf.scalar(value));
        const next = optimizer.update({ weight, gradient: tf.tensor(golden.gradients[step]!.w), slots, coefficients });
        [weight, slots] = [next.weight, next.slots as Record<string, tf.Tensor>];
        const shares = plain.slice(0, step + 1).map((_, i) => 0.9 ** (step - i));
        const total = shares.reduce((a, b) => a + b);
        const expected = w!.map((_, i) =>
          plain.slice(0, step + 1).reduce((mean, row, j) => mean + (row["w"]![i]! * shares[j]!) / total, 0),
        );
        expectClose([...optimizer.average(slots, step + 1)!.dataSync()], expected, `step ${step + 1}`);
      }
    });
    expect(optimizer.average({}, 0)).toBeUndefined();
  });

  it("names a wrong decay", () => {
    expect(() => averaged(adamW(), 1)).toThrow("`fit.ema` must be a number from 0 to below 1; received 1.");
    expect(() => averaged(averaged(adamW(), 0.5), 0.5)).toThrow('needs an optimizer without a slot "average"');
  });
});
