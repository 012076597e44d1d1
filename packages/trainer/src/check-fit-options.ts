import { availableParallelism } from "node:os";
import {
  boolean,
  type Check,
  checkOptions,
  InvalidArgumentError,
  labelPolicies,
  nonEmptyString,
  nonNegativeInteger,
  oneOf,
  positiveFiniteNumber,
  positiveInteger,
  reject,
  shown,
} from "@quaterion/core";
import type { Loss } from "@quaterion/core/training";
import { checkDataForLoss } from "./check-data-for-loss.js";
import { checkpointValue } from "./checkpoints.js";
import { normLimit } from "./clipped-gradients.js";
import type { MemoryOptions } from "./cross-batch-memory.js";
import { earlyStoppingValue } from "./ending.js";
import { engineNames } from "./engine.js";
import type { BestBy } from "./evaluations.js";
import { gradientCacheValue } from "./gradient-cache/cache-sizes.js";
import { hasMethods } from "./has-methods.js";
import { needsGuide } from "./loss-needs.js";
import { rate } from "./optimizers/optimizer.js";
import { type FitOptions, isTrainable } from "./options.js";
import { optimizerValue, parameterGroups } from "./parameter-groups.js";

const aFunction: Check<unknown> = (value, argument) => {
  if (typeof value === "function") return value;
  throw new InvalidArgumentError(`\`${argument}\` must be a function; received ${shown(value)}.`);
};

const trainingData = hasMethods("training data (made by `labeled`, `pairs`, `combine`, …)", "sampler", "labelsOf", "classesOf");

const seed: Check<number> = (value, argument) => {
  if (Number.isSafeInteger(value)) return value as number;
  throw new InvalidArgumentError(`\`${argument}\` must be a whole number; received ${shown(value)}.`);
};

const threadCount: Check<number> = (value, argument) => {
  const cores = availableParallelism();
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= cores) return value as number;
  throw new InvalidArgumentError(
    `\`${argument}\` must be a whole number from 1 to ${cores}, the cores of this machine; received ${shown(value)}.`,
  );
};

const bestBy: Check<unknown> = (value, argument) => {
  checkOptions(argument, value, { metric: nonEmptyString, higherIsBetter: boolean });
  nonEmptyString((value as BestBy).metric, `${argument}.metric`);
  return value;
};

const memory: Check<unknown> = (value, argument) => {
  checkOptions(argument, value, { size: positiveInteger, from: nonNegativeInteger, momentum: rate });
  positiveInteger((value as MemoryOptions).size, `${argument}.size`);
  return value;
};

const callbacks: Check<unknown> = (value, argument) => {
  const names = {
    onStart: aFunction,
    onStep: aFunction,
    onValidation: aFunction,
    onCheckpoint: aFunction,
    onCheckpointFailed: aFunction,
    onEnd: aFunction,
  };
  for (const each of Array.isArray(value) ? value : [value]) checkOptions(argument, each, names);
  return value;
};

const checks: Readonly<Record<keyof FitOptions<unknown>, Check<unknown>>> = {
  data: trainingData,
  encoder: (value, argument) =>
    typeof value === "object" && isTrainable(value as FitOptions<unknown>["encoder"])
      ? hasMethods(
          "an encoder that is trained (made by `trainableTextEncoder`)",
          "ready",
          "prepare",
          "weights",
          "freeze",
          "key",
        )(value, argument)
      : hasMethods("an encoder (made by `textEncoder`, `trainableTextEncoder`, …)", "encode", "key")(value, argument),
  head: hasMethods("a head (made by `linearHead`, `skipConnectionHead`, …)", "apply", "weights", "dim"),
  loss: hasMethods("a loss (made by `supervisedContrastive`, …)", "compute"),
  guide: hasMethods("an encoder (made by `textEncoder`, …)", "encode", "key"),
  cache: hasMethods("a cache (made by `openCache`, `memoryCache`, …)", "getMany", "putMany"),
  policy: oneOf(labelPolicies),
  steps: positiveInteger,
  epochs: positiveFiniteNumber,
  labelsPerBatch: positiveInteger,
  samplesPerLabel: positiveInteger,
  learningRate: positiveFiniteNumber,
  optimizer: optimizerValue,
  groups: parameterGroups,
  schedule: hasMethods("a schedule (made by `linearSchedule`, …)", "factor"),
  normalize: boolean,
  clipNorm: normLimit,
  clipValue: positiveFiniteNumber,
  ema: rate,
  accumulate: positiveInteger,
  memory,
  gradientCache: gradientCacheValue,
  engine: oneOf(["auto", ...engineNames]),
  threads: threadCount,
  seed,
  validation: trainingData,
  checkpoint: checkpointValue,
  evaluate: aFunction,
  evaluateEvery: positiveInteger,
  best: bestBy,
  earlyStopping: earlyStoppingValue,
  maxMinutes: positiveFiniteNumber,
  resume: boolean,
  signal: hasMethods("an AbortSignal", "addEventListener"),
  onProgress: aFunction,
  callbacks,
  logger: (value, argument) => (Array.isArray(value) ? value : [value]).map((each) => aFunction(each, argument)),
};

/** Options as other libraries name them, too far from ours to be guessed. */
const namesElsewhere = {
  lr: "`learningRate`",
  batchSize: "`labelsPerBatch` × `samplesPerLabel`",
};

/**
 * Checks options before any work.
 * @throws {InvalidArgumentError} naming the option, or what the loss needs and the data does not have
 */
export function checkFitOptions<Value>(options: FitOptions<Value>): void {
  if (typeof options !== "object" || options === null) reject("fit", "given { data, encoder, loss, … }", options);
  for (const [name, ours] of Object.entries(namesElsewhere)) {
    if (name in options) throw new InvalidArgumentError(`\`fit\` has no option \`${name}\`. It is ${ours} here.`);
  }
  checkOptions("fit", options, checks);
  for (const name of ["data", "encoder", "loss"] as const) checks[name](options?.[name], `fit.${name}`);
  if (options.steps !== undefined && options.epochs !== undefined)
    throw new InvalidArgumentError(`\`fit\` takes \`steps\` or \`epochs\`, not both; received ${options.steps} and ${options.epochs}.`);
  if (options.groups?.encoder && !isTrainable(options.encoder))
    throw new InvalidArgumentError(
      "`fit.groups.encoder` needs an encoder that is trained, such as `trainableTextEncoder`; the one given is frozen.",
    );
  checkLooks(options);
  if (options.memory) checkMemoryFits(options.loss);
  if (options.gradientCache) checkCacheFits(options);
  if (options.resume && !options.checkpoint)
    throw new InvalidArgumentError("`fit.resume` needs `checkpoint: { folder }`: the folder that the stopped run wrote to.");
  if (needsGuide(options.loss) && !options.guide)
    throw new InvalidArgumentError(
      `\`fit.loss\` "${options.loss.name}" needs \`fit.guide\`: a frozen encoder whose vectors of the same values it looks at.`,
    );
  checkDataForLoss(options);
}

function checkLooks<Value>({ validation, evaluate, best, evaluateEvery, earlyStopping, schedule }: FitOptions<Value>): void {
  if (!validation && !evaluate && (best || evaluateEvery !== undefined)) {
    throw new InvalidArgumentError(
      `\`fit.${best ? "best" : "evaluateEvery"}\` needs \`fit.validation\` or \`fit.evaluate\`: what to look at.`,
    );
  }
  if (best?.metric === "validationLoss" && !validation)
    throw new InvalidArgumentError(
      '`fit.best.metric` "validationLoss" needs `fit.validation`; name a number that `evaluate` gives, or give the data.',
    );
  const decides = validation !== undefined || best !== undefined;
  const watcher = schedule?.watches ? `schedule\` "${schedule.name}"` : earlyStopping ? "earlyStopping`" : undefined;
  if (watcher !== undefined && !decides)
    throw new InvalidArgumentError(
      `\`fit.${watcher} looks at held-out data; give \`fit.validation\`, or \`fit.evaluate\` with \`best: { metric }\`.`,
    );
}

function checkMemoryFits(loss: Loss): void {
  const why =
    loss.reads !== "relations"
      ? `reads ${loss.reads}, not relations`
      : !loss.memory
        ? "does not take candidates of earlier batches"
        : needsGuide(loss)
          ? "needs a guide's vectors"
          : undefined;
  if (why === undefined) return;
  throw new InvalidArgumentError(
    `\`fit.memory\` can't be used with the loss "${loss.name}", which ${why}. Leave it out, or take a loss whose \`memory\` is true, such as supervisedContrastive().`,
  );
}

function checkCacheFits({ loss, accumulate = 1 }: Pick<FitOptions<never>, "loss" | "accumulate">): void {
  if (accumulate > 1)
    throw new InvalidArgumentError(
      `\`fit\` takes \`gradientCache\` or \`accumulate\`, not both; received accumulate ${accumulate}. A cached step takes a batch of any size: raise \`labelsPerBatch\` or \`samplesPerLabel\`.`,
    );
  if (loss.reads === "relations" && !loss.wholeBatch) return;
  const why = loss.reads === "relations" ? "is not a sum over anchors" : `reads ${loss.reads}, not relations`;
  throw new InvalidArgumentError(
    `\`fit.gradientCache\` can't be used with the loss "${loss.name}", which ${why}. Leave it out (\`accumulate\` bounds memory too), or take a loss such as supervisedContrastive().`,
  );
}
