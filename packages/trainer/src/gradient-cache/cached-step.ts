import type { Batch } from "@quaterion/core";
import type { RelationLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import type { MemoryBlock } from "../cross-batch-memory.js";
import type { Compile } from "../engine.js";
import { GradientSums } from "../gradient-sums.js";
import type { MaskNeeds } from "../mask-needs.js";
import type { RunStepParts } from "../run-step.js";
import { finished, type StepResult } from "../step.js";
import type { TrainingState } from "../training-state.js";
import { BatchMasks } from "./block-masks.js";
import { anchorBlocks, chunkRows, type GradientCacheOptions } from "./cache-sizes.js";
import { EmbeddingChunks } from "./embedding-chunks.js";
import { LossBlocks } from "./loss-blocks.js";

/** A step on one batch of any size. */
export interface CachedStep {
  run(batch: Batch, memory: MemoryBlock | undefined, learningRate: number): Promise<StepResult>;
  dispose(): void;
}

/**
 * Gradient caching: the step of a whole batch in the memory of a chunk. All rows are embedded a chunk at a time, and nothing but the embeddings is kept; the loss
 * and its gradient of the embeddings come from blocks of anchors; then each chunk is embedded again, its dropout as it was, and passes its part of that
 * gradient on to the weights. Loss and gradients are those of a plain step, within rounding; the price is a second forward pass.
 *
 * Gao, Zhang, Han & Callan, "Scaling deep contrastive learning batch size under memory limited setup", RepL4NLP 2021, section 3.
 */
export function cachedStep(
  parts: RunStepParts,
  needs: MaskNeeds,
  options: GradientCacheOptions,
  state: TrainingState,
  compile: Compile,
): CachedStep {
  const { plan, data, extras } = parts;
  const sums = new GradientSums(state, compile, plan);
  const chunks = new EmbeddingChunks(parts, state, sums, compile);
  const blocks = new LossBlocks(plan.loss as RelationLoss, compile, () => state.lossParameters.get("") ?? {});
  const chunk = chunkRows(options);
  return {
    async run(batch, memory, learningRate) {
      const rows = Uint32Array.from([...batch.rows, ...(batch.candidates ?? [])]);
      const held = state.hold();
      const { embeddings, dim, draws } = await chunks.forward(rows, chunk);
      const masks = new BatchMasks(batch, data.relations, memory, needs, extras?.ownNegatives ?? false);
      const guide = extras?.guide && { vectors: gathered(rows, extras.guide.vectors, extras.guide.dim), dim: extras.guide.dim };
      const cached = {
        ...{ embeddings, dim, anchors: batch.rows.length, paired: batch.candidates !== undefined, memory, guide },
        weights: data.weights && gathered(batch.rows, data.weights, 1),
        source: extras?.source ? (batch.space ?? batch.group) : undefined,
      };
      const {
        loss,
        parts: lossParts,
        gradient,
        parameterGradients,
      } = await blocks.run(cached, masks, anchorBlocks(batch.rows.length, masks.width, options.block));
      const touched = await chunks.backward(rows, chunk, gradient, dim, draws);
      tf.tidy(() => {
        const learned = state.lossParameters.get("") ?? {};
        const found = Object.entries(parameterGradients).map(([name, values]) => {
          const variable = learned[name] as tf.Variable;
          return [variable.name, tf.tensor(values, variable.shape)] as const;
        });
        for (const name of sums.add(Object.fromEntries(found))) touched.add(name);
      });
      const parameters = state.parameters.filter(({ variable }) => touched.has(variable.name));
      const gradientNorm = await sums.spend(parameters, learningRate);
      const finite = finished(state, parameters, held, [loss, gradientNorm]);
      const named = Object.keys(lossParts).length > 0 && { parts: lossParts };
      return { loss, ...named, gradientNorm, finite, ...(plan.embeddings && { embeddings: [embeddings] }) };
    },
    dispose() {
      chunks.dispose();
      blocks.dispose();
      sums.dispose();
    },
  };
}

function gathered(rows: Uint32Array, vectors: Float32Array, dim: number): Float32Array {
  const result = new Float32Array(rows.length * dim);
  for (const [i, row] of rows.entries()) result.set(vectors.subarray(row * dim, (row + 1) * dim), i * dim);
  return result;
}
