import type { Interval, LearningCurve } from "@quaterion/evaluation";
import type { Promises } from "./promises.js";

/** An accuracy with its 95 % interval and the decision rule that the references chose. */
export interface Score {
  accuracy: number;
  low: number;
  high: number;
  rule: string;
}

/**
 * The models that are compared. `single`: trained on that set alone; `collided`: all sets' labels numbered from 0 and the numbers compared;
 * `singleTuned`, `tuned`: with `--tune`, the encoder trained on that set alone, and on all.
 */
export type ModelName = "untrained" | "single" | "combined" | "collided" | "singleTuned" | "tuned";

/** What `--json` writes. */
export interface Results {
  spaces: Record<string, Record<Exclude<ModelName, "singleTuned" | "tuned">, Score> & { singleTuned?: Score; tuned?: Score }>;
  /** One gallery of all sets; right means set and label right, or a label declared the same. */
  sharedIndex: Partial<Record<Exclude<ModelName, "single" | "singleTuned">, Score>>;
  promises: Promises;
  /** How each set's accuracy grows with its examples: on its own, by the untrained encoder. */
  learningCurves: Record<string, LearningCurve>;
  engine: string;
  engineReason: string;
  encoder: string;
  cache: { hits: number; misses: number };
  seconds: Record<string, number>;
  /** Median of a training step of the combined model. */
  stepMs: number | undefined;
  seed: number;
  model: string;
}

export function scored({ value, low, high }: Interval, rule: string): Score {
  return { accuracy: value, low, high, rule };
}
