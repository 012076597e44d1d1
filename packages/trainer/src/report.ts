import type { EndedBy } from "./ending.js";
import type { EngineName } from "./engine.js";

/** What is known of a step that was done. */
export interface HistoryStep {
  /** From 1. */
  readonly step: number;
  readonly loss: number;
  /** What each part of a loss that is a sum has in it, by name. */
  readonly parts?: Readonly<Record<string, number>>;
  /** The run's; a group with a rate of its own has that in proportion: where this is half of `fit.learningRate`, the group's is half of its own. */
  readonly learningRate: number;
  /** Length of the gradient of all weights together, before clipping. */
  readonly gradientNorm: number;
  /** Where validation data was looked at after this step. */
  readonly validationLoss?: number;
  /** What `evaluate` gave after this step. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** What a run took and what it ran with. */
export interface FitReport {
  readonly engine: EngineName;
  readonly engineReason: string;
  readonly threads: number | undefined;
  readonly seed: number;
  /** Steps that were done in all. */
  readonly steps: number;
  /** `"steps"`: all that were asked for. */
  readonly endedBy: EndedBy;
  /** Steps that a checkpoint had done already. */
  readonly resumedFrom: number;
  readonly samples: number;
  /** Wall time in seconds. */
  readonly seconds: { readonly encoding: number; readonly engine: number; readonly training: number; readonly total: number };
  /** Median wall time of a step, its batch included, in milliseconds. Not of the first of each batch shape, which the engine may compile. */
  readonly stepMs: number | undefined;
  /** Batch shapes met. */
  readonly shapes: number;
  readonly cache: { readonly location: string; readonly hits: number; readonly misses: number };
  readonly firstLoss: number | undefined;
  readonly lastLoss: number | undefined;
  /** Step whose weights the model has, where held-out data chose them. */
  readonly bestStep: number | undefined;
  /** How good they are, and by what. */
  readonly best: { readonly metric: string; readonly value: number } | undefined;
}
