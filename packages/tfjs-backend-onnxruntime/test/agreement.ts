import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import { backendInfo } from "../src/index.js";

/** Numbers that go wrong first. */
export const edges = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  0.5,
  -0.5,
  1,
  -1,
  1.5,
  2.5,
  -2.5,
  3,
  1e-20,
  -1e-20,
  1e20,
];

/** Greeting of the CPU backend, which would fill the test log. */
export async function quietCpu(): Promise<void> {
  const warn = console.warn;
  console.warn = () => undefined;
  await tf.setBackend("cpu");
  tf.scalar(0).dispose();
  console.warn = warn;
}

/** Seed of the laws on random inputs: the same programs in each run, others with SEED=<number>. A failure prints it, with the smallest input that fails. */
export const lawSettings = { seed: Number(process.env["SEED"] ?? 20261123) } as const;

interface Plain {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: readonly number[];
}

/** Elements, shape and dtype of everything that `fn` returns, on one backend. */
export async function resultOn(backend: string, fn: () => tf.Tensor | tf.Tensor[]): Promise<Plain[]> {
  await tf.setBackend(backend);
  return tf.tidy(() =>
    [fn()].flat().map((tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, values: Array.from(tensor.dataSync()) })),
  );
}

/** Checks that `fn` gives on this backend what it gives on the CPU's: shapes and dtypes exactly, numbers within float32 rounding, NaN where there is NaN. */
export async function expectAgreement(fn: () => tf.Tensor | tf.Tensor[], tolerance = 1e-5): Promise<void> {
  const expected = await resultOn("cpu", fn);
  const received = await resultOn("onnxruntime", fn);
  expectClose(received, expected, tolerance);
}

/** Checks shapes and dtypes for equality, numbers within float32 rounding, NaN where there is NaN. */
export function expectClose(received: readonly Plain[], expected: readonly Plain[], tolerance: number): void {
  expect(received.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(expected.map(({ shape, dtype }) => ({ shape, dtype })));
  for (const [at, { values }] of expected.entries()) {
    for (const [position, wanted] of values.entries()) {
      const found = received[at]!.values[position]!;
      const isClose = Object.is(found, wanted) || found === wanted || Math.abs(found - wanted) <= tolerance * Math.max(1, Math.abs(wanted));
      if (!isClose)
        expect.fail(
          `element ${position} of result ${at}: CPU ${wanted}, received ${found}; CPU [${values.slice(0, 20)}], received [${received[at]!.values.slice(0, 20)}]`,
        );
    }
  }
}

/** The same, and no kernel is left to the CPU on the way. */
export async function expectNativeAgreement(fn: () => tf.Tensor | tf.Tensor[], tolerance?: number): Promise<void> {
  const before = { ...backendInfo().fallbacks };
  await expectAgreement(fn, tolerance);
  expect(backendInfo().fallbacks).toEqual(before);
}
