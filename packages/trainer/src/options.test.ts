import { memoryCache } from "@quaterion/cache";
import type { FrozenEncoder } from "@quaterion/core";
import { emptyHead } from "@quaterion/encoders/trainable";
import { describe, expect, it } from "vitest";
import { arrayData, clusters, type Point, pointEncoder } from "../test/array-data.js";
import { pullAndPush, softmax, softmaxOfPairs, squaredCosineError, squaredLeadError, squaredTeacherDistance } from "../test/losses.js";
import { fit } from "./fit.js";
import { adamW } from "./optimizers/adam-w.js";
import type { FitOptions } from "./options.js";
import { plateauSchedule } from "./schedules/plateau-schedule.js";

const encoder: FrozenEncoder<Point> = {
  ...pointEncoder(8),
  encode: async () => {
    throw new Error("encoded before the options were checked");
  },
};
const base = { data: clusters(1), encoder, loss: pullAndPush };
const unlabelled = { ...arrayData([[1, 2]], ["a/x"]), spaces: [] };
const oneLabel = arrayData([[1], [2]], ["a/x", "a/x"]);
const classesOfPairs = (...pairClasses: string[]) => ({
  ...arrayData([[1], [2]], ["a/x", "a/x"], [{ a: 0, b: 1, relation: 0, class: 0 }]),
  pairClasses,
});
const view = { ...pullAndPush, name: "views", reads: "views" } as unknown as FitOptions<Point>["loss"];

describe("fit, before it encodes anything,", () => {
  it.each<[object, string]>([
    [{ ...base, learningrate: 1 }, '`fit` has no option `learningrate`. Did you mean "learningRate"?'],
    [{ ...base, data: undefined }, "`fit.data` must be training data (made by `labeled`, `pairs`, `combine`, …); received undefined"],
    [{ ...base, data: [1] }, "`fit.data` must be training data"],
    [
      { ...base, encoder: "minilm" },
      '`fit.encoder` must be an encoder (made by `textEncoder`, `trainableTextEncoder`, …); received "minilm"',
    ],
    [{ ...base, loss: undefined }, "`fit.loss` must be a loss"],
    [
      { ...base, head: {} },
      "`fit.head` must be a head (made by `linearHead`, `skipConnectionHead`, …); received an object with keys (none), which has no function `apply`.",
    ],
    [
      { ...base, encoder: () => base.encoder },
      "`fit.encoder` must be an encoder (made by `textEncoder`, `trainableTextEncoder`, …); received a function, which has no function `encode`. Call it.",
    ],
    [{ ...base, encoder: Promise.resolve(base.encoder) }, "received a promise, which has no function `encode`. Await it."],
    [{ ...base, cache: Promise.resolve(memoryCache()) }, "received a promise, which has no function `getMany`. Await it."],
    [{ ...base, optimizer: adamW }, "received a function, which has no function `update`. Call it."],
    [
      { ...base, checkpoint: "runs" },
      '`fit.checkpoint` must be given options by name, { folder, everySteps, everyMinutes, … }; received "runs".',
    ],
    [{ ...base, lr: 1 }, "`fit` has no option `lr`. It is `learningRate` here."],
    [{ ...base, batchSize: 64 }, "`fit` has no option `batchSize`. It is `labelsPerBatch` × `samplesPerLabel` here."],
    [{ ...base, head: emptyHead() }, '`fit.head` "empty" has no weights'],
    [{ ...base, policy: "mixed" }, "`fit.policy` must be one of"],
    [{ ...base, steps: 0 }, "`fit.steps` must be a whole number of 1 or more; received 0."],
    [{ ...base, steps: 3, epochs: 2 }, "`fit` takes `steps` or `epochs`, not both; received 3 and 2."],
    [{ ...base, learningRate: -1 }, "`fit.learningRate` must be a finite number above 0; received -1."],
    [{ ...base, seed: 1.5 }, "`fit.seed` must be a whole number; received 1.5."],
    [{ ...base, engine: "onnx" }, '`fit.engine` must be one of "auto", "onnxruntime"'],
    [{ ...base, normalize: 1 }, "`fit.normalize` must be true or false; received 1."],
    [{ ...base, resume: true }, "`fit.resume` needs `checkpoint: { folder }`"],
    [{ ...base, checkpoint: {} }, "`fit.checkpoint.folder` must be a text that is not empty; received undefined."],
    [{ ...base, checkpoint: { folder: "x", everyStep: 3 } }, '`fit.checkpoint` has no option `everyStep`. Did you mean "everySteps"?'],
    [{ ...base, callbacks: { onstep: () => {} } }, '`fit.callbacks` has no option `onstep`. Did you mean "onStep"?'],
    [{ ...base, callbacks: [{ onEnd: 1 }] }, "`fit.callbacks.onEnd` must be a function; received 1."],
    [{ ...base, signal: {} }, "`fit.signal` must be an AbortSignal"],
    [{ ...base, onProgress: "log" }, "`fit.onProgress` must be a function"],
    [{ ...base, optimizer: "adam" }, "`fit.optimizer` must be an optimizer (made by `adamW`, `sgd`, `lion`, …)"],
    [{ ...base, groups: { heads: {} } }, '`fit.groups` has no option `heads`. Did you mean "head"?'],
    [{ ...base, groups: { loss: { learningRate: 0 } } }, "`fit.groups.loss.learningRate` must be a finite number above 0; received 0."],
    [{ ...base, groups: { loss: { optimizer: {} } } }, "`fit.groups.loss.optimizer` must be an optimizer"],
    [{ ...base, clipNorm: 0 }, "`fit.clipNorm` must be a finite number above 0; received 0."],
    [{ ...base, clipValue: -1 }, "`fit.clipValue` must be a finite number above 0; received -1."],
    [{ ...base, ema: 1 }, "`fit.ema` must be a number from 0 to below 1; received 1."],
    [{ ...base, gradientCache: { chunks: 2 } }, '`fit.gradientCache` has no option `chunks`. Did you mean "chunk"?'],
    [{ ...base, gradientCache: {}, accumulate: 2 }, "`fit` takes `gradientCache` or `accumulate`, not both; received accumulate 2."],
    [
      { ...base, gradientCache: {}, loss: softmax },
      '`fit.gradientCache` can\'t be used with the loss "softmax", which reads classes, not relations.',
    ],
    [{ ...base, gradientCache: {}, loss: { ...pullAndPush, wholeBatch: true } }, "which is not a sum over anchors"],
    [{ ...base, memory: {} }, "`fit.memory.size` must be a whole number of 1 or more; received undefined."],
    [{ ...base, memory: { size: 9, form: 1 } }, '`fit.memory` has no option `form`. Did you mean "from"?'],
    [
      { ...base, memory: { size: 9 }, loss: softmax },
      '`fit.memory` can\'t be used with the loss "softmax", which reads classes, not relations.',
    ],
    [{ ...base, memory: { size: 9 }, loss: { ...pullAndPush, memory: false } }, "which does not take candidates of earlier batches"],
    [{ ...base, accumulate: 0 }, "`fit.accumulate` must be a whole number of 1 or more; received 0."],
    [{ ...base, schedule: plateauSchedule() }, '`fit.schedule` "plateau" looks at held-out data; give `fit.validation`'],
    [{ ...base, earlyStopping: { patience: 1 } }, "`fit.earlyStopping` looks at held-out data; give `fit.validation`"],
    [{ ...base, earlyStopping: {} }, "`fit.earlyStopping.patience` must be a whole number of 0 or more; received undefined."],
    [{ ...base, evaluateEvery: 2 }, "`fit.evaluateEvery` needs `fit.validation` or `fit.evaluate`"],
    [{ ...base, best: { metric: "accuracy" } }, "`fit.best` needs `fit.validation` or `fit.evaluate`"],
    [{ ...base, evaluate: () => ({}), best: { metric: "validationLoss" } }, '`fit.best.metric` "validationLoss" needs `fit.validation`'],
    [{ ...base, best: {} }, "`fit.best.metric` must be a text that is not empty; received undefined."],
    [{ ...base, maxMinutes: 0 }, "`fit.maxMinutes` must be a finite number above 0; received 0."],
    [{ ...base, checkpoint: { folder: "x", keep: 0 } }, "`fit.checkpoint.keep` must be a whole number of 1 or more; received 0."],
    [
      { ...base, checkpoint: { folder: "x", everyMinutes: 0 } },
      "`fit.checkpoint.everyMinutes` must be a finite number above 0; received 0.",
    ],
    [
      { ...base, data: unlabelled },
      '`fit.loss` "pullAndPush" needs labels, or pairs that are similar or dissimilar; `fit.data` has 1 samples, 0 labels and 0 pairs.',
    ],
    [
      { ...base, data: oneLabel, loss: softmax },
      '`fit.loss` "softmax" needs a label space of two or more labels; `fit.data` has 2 samples, 1 labels',
    ],
    [
      { ...base, loss: squaredCosineError },
      '"squaredCosineError" needs pairs with graded scores; `fit.data` has 36 samples, 6 labels and 0 pairs, none with a score.',
    ],
    [{ ...base, loss: squaredLeadError }, '"squaredLeadError" needs triplets with a teacher\'s scores; `fit.data` has 36 samples'],
    [{ ...base, loss: softmaxOfPairs }, '"softmaxOfPairs" needs pairs with classes; `fit.data` has 36 samples'],
    [
      { ...base, data: classesOfPairs("x", "y"), validation: classesOfPairs("y", "z"), loss: softmaxOfPairs },
      "`fit.validation` must have the classes of pairs of `fit.data`, in their order: x, y; received y, z.",
    ],
    [{ ...base, loss: squaredTeacherDistance }, '`fit.loss` "squaredTeacherDistance" needs `fit.guide`: a frozen encoder'],
    [{ ...base, loss: { ...pullAndPush, needs: ["guide"] } }, '`fit.loss` "pullAndPush" needs `fit.guide`'],
    [{ ...base, guide: "minilm" }, "`fit.guide` must be an encoder"],
    [
      { ...base, loss: { ...pullAndPush, needs: ["ownNegatives"] } },
      '"pullAndPush" needs negatives given with their anchors (triplets, or dissimilar pairs); `fit.data` has 36 samples',
    ],
    [{ ...base, loss: view }, '"views" needs similar pairs (two views of one record)'],
    [{ ...base, validation: unlabelled }, "`fit.validation` has 1 samples"],
    [
      { ...base, loss: { ...pullAndPush, reads: "pairs" } },
      '`fit.loss.reads` must be "relations", "classes", "scores" or "views"; received "pairs".',
    ],
  ])("says what is wrong (%#)", async (options, message) => {
    await expect(fit(options as FitOptions<Point>)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });
});

it("does not compile where the encoder's values are not the samples' type", () => {
  const texts = null as unknown as FrozenEncoder<string>;
  // @ts-expect-error the samples are points, the encoder takes texts
  const call = () => fit({ ...base, encoder: texts });
  expect(call).toBeTypeOf("function");
});
