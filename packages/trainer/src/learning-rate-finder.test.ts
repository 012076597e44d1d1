import "@quaterion/tfjs-backend-onnxruntime/gradients";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { clusters, type Point, pointEncoder } from "../test/array-data.js";
import { pullAndPush } from "../test/losses.js";
import { fit } from "./fit.js";
import { learningRateFinder, smoothedLosses, steepest } from "./learning-rate-finder.js";
import { sgd } from "./optimizers/index.js";
import type { FitOptions } from "./options.js";

const base = (): FitOptions<Point> => ({
  data: clusters(1),
  encoder: pointEncoder(8),
  loss: pullAndPush,
  labelsPerBatch: 6,
  samplesPerLabel: 4,
  engine: "cpu",
});

it("raises the rate by one factor each step, and finds one at which the loss falls fast", async () => {
  const { points, suggestion, diverged } = await learningRateFinder(base(), { from: 1e-6, to: 10, steps: 60 });
  expect(points).toHaveLength(60);
  expect(diverged).toBe(false);
  for (const [i, { learningRate }] of points.entries()) expect(learningRate / (1e-6 * 1e7 ** (i / 59))).toBeCloseTo(1, 9);
  const [first] = points;
  expect(first!.smoothed).toBeCloseTo(first!.loss, 9);
  // Weights of 0.9 and 1 on the first two losses.
  expect(points[1]!.smoothed).toBeCloseTo((0.9 * points[0]!.loss + points[1]!.loss) / 1.9, 9);
  const mean = (history: readonly { loss: number }[]) => history.reduce((sum, { loss }) => sum + loss, 0) / history.length;
  const trained = async (learningRate: number) => mean((await fit({ ...base(), steps: 30, learningRate })).history.slice(-5));
  expect(await trained(suggestion)).toBeLessThan(0.8 * (await trained(1e-5)));
});

it("ends where the loss blows up, keeps nothing, and leaves the run's own ends out", async () => {
  const rates: number[] = [];
  // Without unit length nothing bounds the distances, nor the loss.
  const options = {
    ...base(),
    normalize: false,
    validation: clusters(9),
    earlyStopping: { patience: 0 },
    ema: 0.9,
    callbacks: { onStep: () => void rates.push(1) },
  };
  const { points, diverged, suggestion } = await learningRateFinder(options, { from: 1e-4, to: 1e4, steps: 50 });
  expect(diverged).toBe(true);
  expect(points.length).toBeLessThan(50);
  expect(rates).toEqual([]);
  expect(suggestion).toBeLessThan(points.at(-1)!.learningRate);
});

it("keeps the groups' proportions, and the caller's signal", async () => {
  const stop = new AbortController();
  stop.abort();
  await expect(learningRateFinder({ ...base(), signal: stop.signal })).rejects.toMatchObject({ code: "ABORTED" });
  const search = { from: 1e-3, to: 1, steps: 12 };
  const plain = await learningRateFinder({ ...base(), learningRate: 0.1 }, search);
  const same = await learningRateFinder({ ...base(), learningRate: 0.1, groups: { head: { learningRate: 0.1 } } }, search);
  expect(same.points).toEqual(plain.points);
  const slower = await learningRateFinder({ ...base(), learningRate: 0.1, groups: { head: { learningRate: 0.01 } } }, search);
  expect(slower.points.at(-1)!.loss).toBeGreaterThan(plain.points.at(-1)!.loss);
});

it("keeps a group's own optimizer", async () => {
  const search = { from: 1e-3, to: 1, steps: 12 };
  const plain = await learningRateFinder(base(), search);
  const other = await learningRateFinder({ ...base(), groups: { head: { optimizer: sgd() } } }, search);
  expect(other.points[0]!.loss).toBe(plain.points[0]!.loss);
  expect(other.points.at(-1)!.loss).not.toBeCloseTo(plain.points.at(-1)!.loss, 3);
});

it("takes a loss that is no longer a number for the end of the search, but not at its beginning, nor another error", async () => {
  const failing = (from: number, at: (value: tf.Tensor) => tf.Tensor): FitOptions<Point> => {
    let calls = 0;
    const compute: (typeof pullAndPush)["compute"] = (batch, parameters) => {
      const { terms, ...rest } = pullAndPush.compute(batch, parameters);
      return { terms: ++calls < from ? terms : at(terms), ...rest };
    };
    return { ...base(), loss: { ...pullAndPush, compute } };
  };
  const search = { from: 1e-6, to: 1e-3, steps: 20 };
  const none = (terms: tf.Tensor) => tf.mul(terms, Number.NaN);
  const { points, diverged } = await learningRateFinder(failing(7, none), search);
  expect(diverged).toBe(true);
  expect(points).toHaveLength(6);
  await expect(learningRateFinder(failing(6, none), search)).rejects.toMatchObject({ code: "NON_FINITE" });
  const broken = failing(9, () => {
    throw new Error("broken");
  });
  await expect(learningRateFinder(broken, search)).rejects.toThrow("broken");
});

it("calls a loss blown up that is more than four times its least, after the first five", () => {
  const blownUp = (losses: readonly number[]) => {
    const { points, add } = smoothedLosses();
    const told = losses.map((loss) => add(1, loss));
    return { told, smoothed: points.map(({ smoothed }) => smoothed) };
  };
  expect(blownUp([1, 99, 99, 99, 99, 99]).told).toEqual([false, false, false, false, false, true]);
  // Of equal weights but for the age: (0.9 · 1 + 3) / 1.9, so the first is the least.
  expect(blownUp([1, 3]).smoothed).toEqual([1, expect.closeTo(3.9 / 1.9, 9)]);
  // Six losses whose smoothed last is 4 ± a little times the least, 1.
  const weights = [0, 1, 2, 3, 4].reduce((sum, age) => sum + 0.9 ** (age + 1), 0);
  const last = (times: number) => times * (1 + weights) - weights;
  expect(blownUp([1, 1, 1, 1, 1, last(3.99)]).told.at(-1)).toBe(false);
  expect(blownUp([1, 1, 1, 1, 1, last(4.01)]).told.at(-1)).toBe(true);
});

it("suggests the rate at which the smoothed loss falls fastest before its least, the first losses left out", () => {
  const of = (...smoothed: number[]) => steepest(smoothed.map((value, i) => ({ learningRate: i, loss: value, smoothed: value })));
  // The changes over two steps about the rates 5 to 8: −1, −3, −4, −3 (the least is at 9).
  expect(of(50, 20, 20, 20, 10, 10, 9, 7, 5, 4, 8, 1e9)).toBe(7);
  // Falls before rate 5 do not count, nor those after the least.
  expect(of(90, 50, 30, 20, 10, 9.9, 9, 8.5, 8.4, 9, 20, 8.45)).toBe(6);
  // Of equal falls the first; nothing that falls: the least itself.
  expect(of(10, 10, 10, 10, 10, 9, 8, 7, 6, 6)).toBe(5);
  expect(of(1, 1, 1, 1, 1, 1, 2, 3)).toBe(5);
});

it("goes from 1e-7 to 1 in 100 steps by default", async () => {
  const { points } = await learningRateFinder({ ...base(), labelsPerBatch: 3, samplesPerLabel: 2 });
  expect(points).toHaveLength(100);
  expect(points[0]!.learningRate / 1e-7).toBeCloseTo(1, 9);
  expect(points.at(-1)!.learningRate).toBeCloseTo(1, 9);
});

it("names a wrong search", async () => {
  await expect(learningRateFinder(base(), { from: 1, to: 0.1 })).rejects.toThrow(
    "from a lower rate to a higher one in more than 5 steps; received from 1 to 0.1 in 100 steps.",
  );
  await expect(learningRateFinder(base(), { from: 0.1, to: 0.1 })).rejects.toThrow("received from 0.1 to 0.1");
  await expect(learningRateFinder(base(), { steps: 5 })).rejects.toThrow("in 5 steps");
  await expect(learningRateFinder(base(), { form: 1 } as object)).rejects.toThrow('Did you mean "from"?');
});
