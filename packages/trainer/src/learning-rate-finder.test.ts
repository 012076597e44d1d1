import "@quaterion/tfjs-backend-onnxruntime/gradients";
import { expect, it } from "vitest";
import { clusters, type Point, pointEncoder } from "../test/array-data.js";
import { pullAndPush } from "../test/losses.js";
import { fit } from "./fit.js";
import { learningRateFinder } from "./learning-rate-finder.js";
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

it("names a wrong search", async () => {
  await expect(learningRateFinder(base(), { from: 1, to: 0.1 })).rejects.toThrow(
    "from a lower rate to a higher one in more than 5 steps; received from 1 to 0.1 in 100 steps.",
  );
  await expect(learningRateFinder(base(), { form: 1 } as object)).rejects.toThrow('Did you mean "from"?');
});
