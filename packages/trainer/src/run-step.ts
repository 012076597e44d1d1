import type { Batch, TrainingData } from "@quaterion/core";
import { accumulatedStep } from "./accumulated-step.js";
import { type BatchExtras, type BatchInputs, batchInputs, type PrepareRows, readRows, structureOf } from "./batch-inputs.js";
import { CrossBatchMemory, type MemoryOptions, type MemorySnapshot } from "./cross-batch-memory.js";
import type { Compile } from "./engine.js";
import type { GradientCacheOptions } from "./gradient-cache/cache-sizes.js";
import { cachedStep } from "./gradient-cache/cached-step.js";
import type { OnShare } from "./gradient-cache/embedding-chunks.js";
import { maskNeeds } from "./mask-needs.js";
import { MomentumKeys } from "./momentum-keys.js";
import { type StepPlan, type StepResult, trainingStep } from "./step.js";
import type { TrainingState } from "./training-state.js";
import { withMemory } from "./with-memory.js";

/** What the step of a run works with, and what it was asked to do. */
export interface RunStepParts {
  readonly plan: StepPlan;
  readonly data: TrainingData<unknown>;
  /** A frozen encoder's vectors of all rows, or what makes rows ready for a trained one. */
  readonly encoded: Float32Array | PrepareRows;
  /** The same without dropout; where a memory has a momentum. */
  readonly stillRows?: Float32Array | PrepareRows;
  /** How much work a row is beside others, where rows differ. */
  readonly rowSize?: (row: number) => number;
  readonly dim: number;
  readonly extras?: BatchExtras;
  /** Steps of the run. */
  readonly steps: number;
  readonly accumulate: number;
  readonly memory?: MemoryOptions;
  readonly gradientCache?: GradientCacheOptions;
}

/** The step of a run. */
export interface RunStep {
  /**
   * @param done steps before this one
   * @param within told what share of a long step is done; where it rejects, the step ends there, and no weight has changed
   * @returns what it told, and its shape: equal for steps that an engine compiles once
   */
  run(batches: readonly Batch[], learningRate: number, done: number, within?: OnShare): Promise<StepResult & { readonly shape: string }>;
  /** What it keeps from batch to batch. */
  memory(): MemorySnapshot | undefined;
  restore(memory: MemorySnapshot | undefined): void;
  dispose(): void;
}

/** The step that a run's options ask for. The caller disposes it before the state. */
export function runStep(parts: RunStepParts, state: TrainingState, compile: Compile): RunStep {
  const { plan, data, encoded, dim, extras, steps, accumulate, gradientCache } = parts;
  const memory = memoryOf(parts);
  const from = parts.memory?.from ?? Math.ceil(steps / 10);
  const keys = parts.memory?.momentum === undefined ? undefined : new MomentumKeys(parts, parts.stillRows ?? encoded, state, compile);
  const needs = plan.loss.reads === "relations" && (memory || gradientCache) ? maskNeeds(plan.loss, plan.head.dim(dim)) : undefined;
  const blockOf = (batch: Batch, done: number) => (memory && done >= from ? memory.block(batch) : undefined);
  const inputsOf = async (batch: Batch, done: number): Promise<BatchInputs> => {
    const own = batchInputs(batch, data, await readRows(batch, encoded), dim, plan.loss.reads, extras);
    const block = blockOf(batch, done);
    return block ? withMemory(own, batch, data, block, needs!) : own;
  };
  const whole = accumulate > 1 ? accumulatedStep(plan, state, compile) : trainingStep(plan, state, compile);
  const cached = gradientCache && cachedStep(parts, needs!, gradientCache, state, compile);
  return {
    async run(batches, learningRate, done, within = async () => {}) {
      const kept: Float32Array[] = [];
      for (const batch of keys ? batches : []) kept.push(await keys!.of(batch));
      const inputs: BatchInputs[] = [];
      for (const batch of cached ? [] : batches) inputs.push(await inputsOf(batch, done));
      const result = cached
        ? await cached.run(batches[0]!, blockOf(batches[0]!, done), learningRate, within)
        : await whole(inputs, learningRate);
      if (result.finite) for (const [i, batch] of batches.entries()) memory?.add(batch, keys ? kept[i]! : result.embeddings![i]!);
      return { ...result, shape: cached ? cachedShape(batches[0]!) : inputs.map(structureOf).join() };
    },
    memory: () => memory?.snapshot(),
    restore: (snapshot) => snapshot && memory?.restore(snapshot),
    dispose() {
      whole.dispose();
      cached?.dispose();
      keys?.dispose();
    },
  };
}

function cachedShape({ rows, candidates }: Batch): string {
  return `${rows.length} ${candidates?.length}`;
}

function memoryOf({ memory, plan, dim, data }: RunStepParts): CrossBatchMemory | undefined {
  return memory && new CrossBatchMemory(memory.size, plan.head.dim(dim), data);
}
