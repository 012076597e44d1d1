import { availableParallelism } from "node:os";
import {
  boolean,
  type Check,
  checkOptions,
  InvalidArgumentError,
  isOfPart,
  labelPolicies,
  nonEmptyString,
  nonNegativeInteger,
  oneOf,
  positiveFiniteNumber,
  positiveInteger,
  reject,
  shown,
  suggestion,
  type TrainingData,
} from "@quaterion/core";
import type { Loss } from "@quaterion/core/training";
import { checkpointValue } from "./checkpoints.js";
import { normLimit } from "./clipped-gradients.js";
import type { MemoryOptions } from "./cross-batch-memory.js";
import { earlyStoppingValue } from "./ending.js";
import { engineNames } from "./engine.js";
import type { BestBy } from "./evaluations.js";
import { gradientCacheValue } from "./gradient-cache/cache-sizes.js";
import { lossNeeds, needsGuide } from "./loss-needs.js";
import { rate } from "./optimizers/optimizer.js";
import { type FitOptions, isTrainable } from "./options.js";
import { optimizerValue, parameterGroups } from "./parameter-groups.js";

const hasMethods =
  (what: string, ...methods: readonly string[]): Check<unknown> =>
  (value, argument) => {
    const missing = methods.find((method) => typeof (value as Record<string, unknown> | null)?.[method] !== "function");
    if (missing === undefined) return value;
    throw new InvalidArgumentError(`\`${argument}\` must be ${what}; received ${shown(value)}, which has no function \`${missing}\`.`);
  };

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
    isTrainable(value as FitOptions<unknown>["encoder"])
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

/**
 * Checks options before any work.
 * @throws {InvalidArgumentError} naming the option, or what the loss needs and the data does not have
 */
export function checkFitOptions<Value>(options: FitOptions<Value>): void {
  if (typeof options !== "object" || options === null) reject("fit", "given { data, encoder, loss, … }", options);
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
  checkDataFits(options.data, options.loss, "data");
  checkParts(options.data, options.loss);
  if (options.validation) checkDataFits(options.validation, options.loss, "validation");
  const [classes, heldOut] = [options.data, options.validation].map((data) => data?.pairClasses?.join(", ") ?? "");
  if (options.validation && lossNeeds(options.loss).includes("classes") && classes !== heldOut)
    throw new InvalidArgumentError(
      `\`fit.validation\` must have the classes of pairs of \`fit.data\`, in their order: ${classes}; received ${heldOut}. Give \`classified\` the option \`classes\`.`,
    );
}

/** The parts that the loss names must be there. */
function checkParts(data: TrainingData<unknown>, { name, ofParts = [] }: Loss): void {
  const sources = new Set([...data.spaces.map((space) => space.name), ...(data.pairs ?? []).flatMap(({ group }) => group ?? [])]);
  const wrong = ofParts.find((part) => ![...sources].some((source) => isOfPart(source, part)));
  if (wrong === undefined) return;
  const hint = suggestion(wrong, [...sources].flatMap((source) => [source, source.slice(0, source.lastIndexOf("."))]).filter(Boolean));
  throw new InvalidArgumentError(`\`fit.loss\` "${name}" has a loss for "${wrong}", which is no part of \`fit.data\`.${hint}`);
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

function checkDataFits(data: TrainingData<unknown>, loss: Loss, argument: string): void {
  const needs = (what: string, has: string) =>
    new InvalidArgumentError(`\`fit.loss\` "${loss.name}" needs ${what}; \`fit.${argument}\` has ${has}.`);
  if (data.values.length === 0) throw new InvalidArgumentError(`\`fit.${argument}\` has no samples.`);
  const pairs = data.pairs ?? [];
  const labels = data.spaces.reduce((sum, space) => sum + space.labels.length, 0);
  const holds = `${data.values.length} samples, ${labels} labels and ${pairs.length} pairs`;
  switch (loss.reads) {
    case "relations":
      if (labels === 0 && !pairs.some(({ relation }) => relation !== 0))
        throw needs("labels, or pairs that are similar or dissimilar", holds);
      if (lossNeeds(loss).includes("ownNegatives") && !pairs.some(({ relation }) => relation === -1))
        throw needs("negatives given with their anchors (triplets, or dissimilar pairs)", `${holds}, none dissimilar`);
      return;
    case "classes":
      if (!data.spaces.some((space) => space.labels.length > 1)) throw needs("a label space of two or more labels", holds);
      return;
    case "scores":
      for (const need of lossNeeds(loss)) {
        if (need === "scores" && !pairs.some(({ score }) => score !== undefined))
          throw needs("pairs with graded scores", `${holds}, none with a score`);
        if (need === "teacherScores" && !pairs.some(({ teacherScore }) => teacherScore !== undefined))
          throw needs("triplets with a teacher's scores", `${holds}, none with a teacher's score`);
        if (need === "classes" && !pairs.some((pair) => pair.class !== undefined))
          throw needs("pairs with classes", `${holds}, none with a class`);
      }
      return;
    case "views":
      if (!pairs.some(({ relation }) => relation === 1)) throw needs("similar pairs (two views of one record)", holds);
      return;
    default:
      throw new InvalidArgumentError(
        `\`fit.loss.reads\` must be "relations", "classes", "scores" or "views"; received ${shown((loss as { reads?: unknown }).reads)}.`,
      );
  }
}
