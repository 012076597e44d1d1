import { type EmbeddingCache, encodeCached, type FrozenEncoder, type LabelPolicy, type TrainingData } from "@quaterion/core";
import type { TrainableEncoder } from "@quaterion/core/training";
import { nearestLabels, withNeighbors } from "@quaterion/datasets";
import { linearHead } from "@quaterion/encoders/trainable";
import { supervisedContrastive } from "@quaterion/losses";
import type { FitOptions } from "@quaterion/trainer";
import type { RunOptions } from "./options.js";

/** What trainings work with. */
export interface TrainingParts {
  readonly options: RunOptions;
  /** Frozen, for heads. */
  readonly pretrained: FrozenEncoder<string>;
  /** The same model to be trained; absent where heads alone are. */
  readonly trainable?: TrainableEncoder<string> | undefined;
  readonly cache: EmbeddingCache;
  readonly signal?: AbortSignal | undefined;
}

/** A small head on top of the frozen encoder, trained to place samples of one label together: seconds. The loss sees what is known of each pair. */
export function headTraining({ options, pretrained, cache, signal }: TrainingParts, data: TrainingData<string>): FitOptions<string> {
  return {
    data,
    encoder: pretrained,
    cache,
    head: linearHead(), // starts as the identity: training begins where the encoder stands
    loss: supervisedContrastive({ temperature: 0.1 }),
    policy: options.policy as LabelPolicy, // "schedule": 3 batches of one space, then 1 of all; see --help
    steps: options.steps, // left out: about 20 times through the data
    learningRate: 3e-4, // gentle: with logistic references, higher rates win nothing
    labelsPerBatch: 64,
    samplesPerLabel: 4,
    engine: options.engine as FitOptions<string>["engine"],
    seed: options.seed,
    signal,
  };
}

/**
 * The encoder itself, without a head: minutes, and what wins most. What helped most on texts held out of training: labels that the untrained encoder finds alike
 * come into batches together, and each time a text comes, some of its words are left out.
 */
export async function fineTuning(
  { options, pretrained, trainable, cache, signal }: TrainingParts,
  data: TrainingData<string>,
): Promise<FitOptions<string>> {
  const { vectors } = await encodeCached(pretrained, cache, data.values);
  return {
    data: withNeighbors(data, nearestLabels(data, vectors), { together: 4 }),
    encoder: trainable!,
    cache,
    loss: supervisedContrastive({ temperature: 0.05 }),
    policy: options.policy as LabelPolicy,
    steps: options.tuneSteps ?? tuneStepsOf(data.values.length),
    labelsPerBatch: labelsTuned,
    samplesPerLabel: samplesTuned,
    engine: options.engine as FitOptions<string>["engine"],
    seed: options.seed,
    signal,
  };
}

const labelsTuned = 24;
const samplesTuned = 3;

/** Nine times through the data, within limits: texts that come with other words left out each time can be learned from longer. */
function tuneStepsOf(texts: number): number {
  return Math.min(1000, Math.max(100, Math.ceil((9 * texts) / (labelsTuned * samplesTuned))));
}
