import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { averaged } from "./averaged.js";
import { adafactor, adagrad, adam, adamax, adamW, lamb, lion, type Optimizer, rmsProp, sgd } from "./index.js";
import { updateTogether } from "./update-together.js";

const optimizers: readonly Optimizer[] = [
  adamW({ weightDecay: 0.1 }),
  adam({ weightDecay: 0.1, amsgrad: true }),
  adamax({ weightDecay: 0.1 }),
  adagrad({ weightDecay: 0.1 }),
  rmsProp({ weightDecay: 0.1, momentum: 0.5, centered: true }),
  sgd({ weightDecay: 0.1, momentum: 0.5, nesterov: true }),
  lion({ weightDecay: 0.1 }),
  lamb({ weightDecay: 0.1 }),
  adafactor(),
  averaged(adamW({ weightDecay: 0.1 }), 0.9),
];
const few = [[5], [3, 4], [], [80, 60], [2, 2, 3], [1], [12, 1]];
const shapes = [...few, ...few.slice(0, 3), ...few, ...few];

const numbersOf = (seed: number, shape: number[]) => tf.randomNormal(shape, 0, 1, "float32", seed);
const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync());

describe("weights that are updated together", () => {
  beforeAll(() => tf.setBackend("cpu"));

  it.each(optimizers.map((optimizer) => [optimizer.name, optimizer] as const))("get what each gets alone: %s", (_, optimizer) => {
    tf.tidy(() => {
      const kinds = [1e-2, 1e-3].map((rate) =>
        Object.fromEntries(Object.entries(optimizer.coefficients(rate, 3)).map(([name, number]) => [name, tf.scalar(number)])),
      );
      const updates = shapes.map((shape, at) => ({
        weight: numbersOf(at, shape),
        gradient: numbersOf(at + 20, shape),
        slots: Object.fromEntries(
          Object.entries(optimizer.slots(shape)).map(([name, own]) => [name, tf.abs(numbersOf(at + 40, [...own]))]),
        ),
        coefficients: kinds[at === few.length ? 1 : 0]!,
      }));
      const together = updateTogether(optimizer, updates);
      for (const [at, update] of updates.entries()) {
        const alone = optimizer.update(update);
        expect(together[at]!.weight.shape, `${at}`).toEqual(shapes[at]);
        expect(values(together[at]!.weight), `${at}`).toEqual(values(alone.weight));
        expect(Object.keys(together[at]!.slots)).toEqual(Object.keys(alone.slots));
        for (const [name, slot] of Object.entries(alone.slots)) {
          expect(together[at]!.slots[name]!.shape).toEqual(slot.shape);
          expect(values(together[at]!.slots[name]!), `${at} ${name}`).toEqual(values(slot));
        }
      }
    });
  });

  it("are few operations where they are many and small, and those of each alone where the optimizer looks at whole weights", () => {
    const calls = (optimizer: Optimizer, shapes: number[][]) => {
      let count = 0;
      const counted: Optimizer = {
        ...optimizer,
        update: (current) => {
          count++;
          return optimizer.update(current);
        },
      };
      tf.tidy(() => {
        const coefficients = Object.fromEntries(Object.entries(optimizer.coefficients(0.1, 1)).map(([name, x]) => [name, tf.scalar(x)]));
        const slots = (shape: number[]) =>
          Object.fromEntries(Object.entries(optimizer.slots(shape)).map(([name, own]) => [name, tf.zeros([...own])]));
        const updates = shapes.map((shape) => ({ weight: tf.ones(shape), gradient: tf.ones(shape), slots: slots(shape), coefficients }));
        updateTogether(counted, updates);
      });
      return count;
    };
    // Vectors and scalars, small matrices, and thrice the one of 4,800 numbers.
    expect(calls(adamW(), shapes)).toBe(2 + 3);
    expect(calls(lamb(), shapes)).toBe(shapes.length);
    expect(calls(adamW(), few)).toBe(few.length);
  });
});
