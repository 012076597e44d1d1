import type * as tf from "@tensorflow/tfjs-core";
import type { BatchTensors } from "./batch-loss.js";
import { embed } from "./embed.js";
import type { StepPlan } from "./step.js";
import type { EmbeddingWeights } from "./training-state.js";

/** Embeddings of a batch: through the encoder, where it is trained, and the head. @returns `[rows + candidates, dim]` */
export function embeddingsOf(
  { encoder, head, random, normalize }: Pick<StepPlan, "encoder" | "head" | "random" | "normalize">,
  batch: Pick<BatchTensors, "vectors" | "prepared">,
  weights: EmbeddingWeights,
  training: boolean,
): tf.Tensor2D {
  const vectors = batch.vectors ?? encoder!.apply(batch.prepared!, weights.encoder);
  return embed(head, vectors, weights.head, { training, random }, normalize);
}
