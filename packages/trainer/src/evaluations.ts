import { InvalidArgumentError, type Sampler, shown, type TrainingData } from "@quaterion/core";
import { type BatchExtras, type BatchInputs, batchInputs, type PrepareRows, readRows } from "./batch-inputs.js";
import type { BestWeights } from "./checkpoint.js";
import type { HistoryStep } from "./report.js";
import type { Watched } from "./schedules/schedule.js";
import { evaluationLoss, type StepPlan } from "./step.js";
import type { TrainingState } from "./training-state.js";
import { usableBatch } from "./usable-batch.js";

/** Which number decides the best weights, early stopping and plateaus. */
export interface BestBy {
  /** `"validationLoss"`, or the name of a number that `evaluate` gives. */
  metric: string;
  /** Default: false for `"validationLoss"`, true for others. */
  higherIsBetter?: boolean;
}

/** Held-out data, as a run reads it. */
export interface HeldOut {
  readonly data: TrainingData<unknown>;
  readonly encoded: Float32Array | PrepareRows;
  readonly extras?: BatchExtras;
  readonly sampler: Sampler;
}

/** What evaluations are made of. */
export interface EvaluationParts {
  readonly plan: StepPlan;
  readonly state: TrainingState;
  readonly dim: number;
  readonly steps: number;
  readonly validation?: HeldOut;
  /** Judges the model as it is now. */
  readonly judge?: () => Promise<Readonly<Record<string, number>>>;
  readonly evaluateEvery?: number;
  readonly best?: BestBy;
}

/** Times in a run that held-out data is looked at, unless told otherwise. */
const usualTimes = 10;
/** Batches of validation data at most, each time. */
const validationBatches = 16;

/** What a run had seen before. */
export interface RunPast {
  readonly history: readonly HistoryStep[];
  readonly best: BestWeights | undefined;
}

/** The looks at held-out data in a run. */
export class Evaluations {
  readonly #parts: EvaluationParts;
  readonly #held: readonly BatchInputs[] | undefined;
  readonly #every: number;
  readonly #by: { readonly metric: string; readonly higherIsBetter: boolean } | undefined;
  readonly #values: number[] = [];
  #best: BestWeights | undefined;
  #warned = false;

  /** Use {@link Evaluations.of}. */
  private constructor(parts: EvaluationParts, held: readonly BatchInputs[] | undefined, past: RunPast) {
    this.#parts = parts;
    this.#held = held;
    this.#every = parts.evaluateEvery ?? Math.ceil(parts.steps / usualTimes);
    const metric = parts.best?.metric ?? (parts.validation ? "validationLoss" : undefined);
    this.#by = metric === undefined ? undefined : { metric, higherIsBetter: parts.best?.higherIsBetter ?? metric !== "validationLoss" };
    this.#best = past.best;
    for (const entry of past.history) this.#watch(entry);
  }

  /** Draws the held-out batches. @param past of a run that goes on */
  static async of(parts: EvaluationParts, past: RunPast): Promise<Evaluations> {
    return new Evaluations(parts, await heldOutInputs(parts), past);
  }

  get best(): BestWeights | undefined {
    return this.#best;
  }

  /** What the metric that decides has been; undefined where none does. */
  get watched(): Watched | undefined {
    return this.#by && { values: this.#values, higherIsBetter: this.#by.higherIsBetter };
  }

  due(done: number, last: boolean): boolean {
    const looks = this.#held !== undefined || this.#parts.judge !== undefined;
    return looks && (last || done % this.#every === 0);
  }

  /** Looks, and keeps the weights where they are the best so far. */
  async look(step: number): Promise<Pick<HistoryStep, "validationLoss" | "metrics"> & { readonly better: boolean }> {
    const { plan, state, judge } = this.#parts;
    const validationLoss = this.#held && (await meanLoss(plan, state, this.#held));
    const metrics = judge && numbersOnly(await judge());
    const seen = { ...(validationLoss !== undefined && { validationLoss }), ...(metrics && { metrics }) };
    const value = this.#watch(seen);
    const better = value !== undefined && Number.isFinite(value) && this.#isBetter(value);
    if (Number.isNaN(value) && !this.#warned) {
      this.#warned = true;
      process.emitWarning(
        `"${this.#by!.metric}" is NaN after step ${step}, which counts as no improvement: look at what \`evaluate\` divides by.`,
      );
    }
    if (better) this.#best = { step, metric: this.#by!.metric, value: value!, weights: await state.modelValues() };
    return { ...seen, better };
  }

  #isBetter(value: number): boolean {
    if (this.#best === undefined) return true;
    return this.#by!.higherIsBetter ? value > this.#best.value : value < this.#best.value;
  }

  #watch({ validationLoss, metrics }: Pick<HistoryStep, "validationLoss" | "metrics">): number | undefined {
    if (this.#by === undefined || (validationLoss === undefined && metrics === undefined)) return undefined;
    const { metric } = this.#by;
    const value = metric === "validationLoss" ? validationLoss : metrics?.[metric];
    if (value === undefined) {
      throw new InvalidArgumentError(
        `\`fit.best.metric\` must be "validationLoss" or a number that \`evaluate\` gives: ${Object.keys(metrics ?? {}).join(", ") || "none"}; received ${shown(metric)}.`,
      );
    }
    this.#values.push(value);
    return value;
  }
}

function numbersOnly(metrics: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const entries = typeof metrics === "object" && metrics !== null ? Object.entries(metrics) : undefined;
  const wrong = entries?.find(([, value]) => typeof value !== "number");
  if (entries !== undefined && wrong === undefined) return metrics;
  throw new InvalidArgumentError(
    `\`fit.evaluate\` must give numbers by name, { accuracy: 0.9 }; received ${wrong ? `${shown(wrong[1])} for "${wrong[0]}"` : shown(metrics)}.`,
  );
}

/** Fixed batches of the validation data, about as many as show every sample once. */
async function heldOutInputs({ validation, plan, dim }: EvaluationParts): Promise<BatchInputs[] | undefined> {
  if (!validation) return undefined;
  const { data, encoded, sampler, extras } = validation;
  const count = Math.min(validationBatches, Math.max(1, Math.ceil(sampler.batchesPerEpoch)));
  const inputs: BatchInputs[] = [];
  for (let i = 0; i < count; i++) {
    const batch = usableBatch(sampler, plan.loss, data);
    inputs.push(batchInputs(batch, data, await readRows(batch, encoded), dim, plan.loss.reads, extras));
  }
  return inputs;
}

async function meanLoss(plan: StepPlan, state: TrainingState, batches: readonly BatchInputs[]): Promise<number> {
  let sum = 0;
  for (const inputs of batches) sum += await evaluationLoss(plan, state, inputs);
  return sum / batches.length;
}
