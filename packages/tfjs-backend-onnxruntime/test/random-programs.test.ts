import "../src/index.js";
import "../src/gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { jit } from "../src/index.js";
import { expectAgreement, expectClose, lawSettings, quietCpu } from "./agreement.js";
import { compute, inputsOf, live, type Program, programs } from "./programs.js";

/** A program as a reader of a failure wants it: names and numbers. */
const described = (program: Program) => ({
  ...program,
  steps: program.steps.map(({ operation, event, first, second, dial }) => `${operation?.name ?? event} ${first} ${second} ${dial}`),
});

async function law(arbitrary: fc.Arbitrary<Program>, numRuns: number, check: (program: Program) => Promise<void>): Promise<void> {
  await fc.assert(fc.asyncProperty(arbitrary, check), {
    ...lawSettings,
    numRuns: numRuns * Number(process.env["TIMES"] ?? 1),
    // Printed before the message of the property: `toString` of functions would tell nothing.
    reporter: (out) => {
      if (!out.failed) return;
      const [program] = out.counterexample ?? [];
      throw new Error(
        `SEED=${out.seed}, path ${out.counterexamplePath}, after ${out.numRuns} runs: ${JSON.stringify(program && described(program))}\n${out.errorInstance}`,
      );
    },
  });
}

describe("random programs", () => {
  beforeAll(quietCpu);

  it("give the CPU backend's values: every result, at NaN, infinities, −0, empty axes, the ends of int32", async () => {
    await law(programs(), 300, async (program) => {
      await expectAgreement(() => compute(program, inputsOf(program, true)), 2e-4);
    });
  }, 120_000);

  it("give the CPU backend's gradients", async () => {
    await law(programs({ smooth: true }), 150, async (program) => {
      const loss = (...inputs: tf.Tensor[]) => {
        const results = compute(program, inputs, false);
        // A program may not use an input; the last term uses each.
        const parts = [...results.slice(-2).map((result) => tf.sum(tf.tanh(result))), ...inputs.map((input) => tf.sum(tf.square(input)))];
        return tf.addN(parts.map((part) => tf.reshape(part, [])) as tf.Scalar[]);
      };
      await expectAgreement(() => tf.grads(loss)(inputsOf(program, false)), 2e-3);
    });
  }, 120_000);

  it("give the CPU backend's values when they are recorded once and replayed on other inputs", async () => {
    let replays = 0;
    await law(programs(), 100, async (program) => {
      // The numbers change from call to call, the shapes do not.
      const versions = Array.from({ length: 4 }, (_, turn) => ({
        ...program,
        inputs: program.inputs.map((input) => ({ ...input, seed: input.seed + turn })),
      }));
      const run = jit((...inputs: tf.Tensor[]) => compute(program, inputs));
      for (const version of versions) await expectAgreement(() => run(...inputsOf(version, true)), 2e-4);
      replays += run.replays;
      run.dispose();
    });
    expect(replays).toBeGreaterThan(50);
  }, 120_000);

  it("give the same through reads, disposals, clones, scopes, assignments, errors and moves between backends, and leave nothing behind", async () => {
    await law(programs({ eventful: true }), 200, async (program) => {
      const expected = await live(program, "cpu", "cpu");
      const received = await live(program, "onnxruntime", "cpu");
      expectClose(received, expected, 2e-4);
      expect(received.at(-1)!.values).toEqual([0, 0, 0]);
    });
  }, 120_000);
});
