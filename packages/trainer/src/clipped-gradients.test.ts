import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import golden from "../test/fixtures/optimizers.json" with { type: "json" };
import { clippedGradients, normLimit } from "./clipped-gradients.js";

beforeAll(() => tf.setBackend("cpu"));

const tensors = () =>
  Object.fromEntries(Object.entries(golden.clipping[0]!.grads).map(([name, rows]) => [name, tf.tensor(rows as number[])]));

it.each(golden.clipping.map((entry) => [`${entry.options.max_norm} by norm ${entry.options.norm_type}`, entry] as const))(
  "clips to %s as PyTorch does",
  (_, { options, norm, clipped }) => {
    const order = options.norm_type === "inf" ? "largest" : (options.norm_type as 1 | 2);
    const result = clippedGradients(tensors(), { clipNorm: { length: options.max_norm, order } });
    if (order === 2) expect(result.norm.dataSync()[0]).toBeCloseTo(norm, 5);
    for (const [name, rows] of Object.entries(clipped)) {
      const received = result.gradients[name]!.dataSync();
      for (const [i, value] of (rows as number[][]).flat().entries()) expect(received[i]).toBeCloseTo(value, 6);
    }
  },
);

it("clips each number first, and tells the length that gradients had", () => {
  const { gradients, norm } = clippedGradients(tensors(), { clipValue: 0.5, clipNorm: 1 });
  const before = Object.values(golden.clipping[0]!.grads).flat(2);
  const bounded = before.map((value) => Math.max(-0.5, Math.min(0.5, value)));
  const scale = Math.min(1, 1 / (Math.hypot(...bounded) + 1e-6));
  expect(norm.dataSync()[0]).toBeCloseTo(Math.hypot(...before), 5);
  const received = Object.values(gradients).flatMap((gradient) => [...gradient.dataSync()]);
  for (const [i, value] of bounded.entries()) expect(received[i]).toBeCloseTo(value * scale, 6);
});

it("leaves gradients alone that are within their limits, or have none", () => {
  const given = tensors();
  expect(clippedGradients(given, {}).gradients).toBe(given);
  const zero = { w: tf.zeros([2]) };
  expect([...clippedGradients(zero, { clipNorm: 1, clipValue: 1 }).gradients["w"]!.dataSync()]).toEqual([0, 0]);
});

it("names a wrong limit", () => {
  expect(() => normLimit(0, "fit.clipNorm")).toThrow("`fit.clipNorm` must be a finite number above 0; received 0.");
  expect(() => normLimit("1", "fit.clipNorm")).toThrow("`fit.clipNorm` must be a number above 0 or { length, order }");
  for (const wrong of [null, [1]]) expect(() => normLimit(wrong, "fit.clipNorm")).toThrow("`fit.clipNorm` must be a number above 0 or");
  expect(normLimit({ length: 1, order: 2 }, "fit.clipNorm")).toBe(1);
  expect(() => normLimit({ length: 1, order: 3 }, "fit.clipNorm")).toThrow("`fit.clipNorm.order`");
  expect(() => normLimit({ order: 1 }, "fit.clipNorm")).toThrow("`fit.clipNorm.length`");
});
