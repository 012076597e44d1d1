import type { Batch } from "@quaterion/core";
import type { RelationLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { gathered } from "../batch-inputs.js";
import type { MemoryBlock } from "../cross-batch-memory.js";
import type { Compile } from "../engine.js";
import { GradientSums } from "../gradient-sums.js";
import type { MaskNeeds } from "../mask-needs.js";
import type { RunStepParts } from "../run-step.js";
import { finished, type StepResult } from "../step.js";
import type { TrainingState } from "../training-state.js";
import { BatchMasks } from "./block-masks.js";
import { anchorBlocks, type GradientCacheOptions } from "./cache-sizes.js";
import { EmbeddingChunks, type OnShare } from "./embedding-chunks.js";
import { LossBlocks } from "./loss-blocks.js";

/** About what share of a step is done when the rows are embedded, and when their pairs are compared; passing the gradient on is forward and backward. */
const [embeddedAt, comparedAt] = [0.25, 0.3];

/** A step on one batch of any size. */
export interface CachedStep {
  /** @param within told the share of the step that is done, again and again; where it rejects, the step ends there, and no weight has changed */
  run(batch: Batch, memory: MemoryBlock | undefined, learningRate: number, within: OnShare): Promise<StepResult>;
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
  const chunks = new EmbeddingChunks(parts, state, sums, compile, options);
  const blocks = new LossBlocks(plan.loss as RelationLoss, compile, () => state.lossParameters.get("") ?? {});
  return {
    async run(batch, memory, learningRate, within) {
      const rows = Uint32Array.from([...batch.rows, ...(batch.candidates ?? [])]);
      const embedded = await chunks.forward(rows, (share) => within(embeddedAt * share));
      const { embeddings, dim } = embedded;
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
      } = await blocks.run(cached, masks, anchorBlocks(batch.rows.length, masks.width, options.block), (share) =>
        within(embeddedAt + (comparedAt - embeddedAt) * share),
      );
      const touched = await chunks.backward(rows, embedded, gradient, (share) => within(comparedAt + (1 - comparedAt) * share));
      tf.tidy(() => {
        const learned = state.lossParameters.get("") ?? {};
        const found = Object.entries(parameterGradients).map(([name, values]) => {
          const variable = learned[name] as tf.Variable;
          return [variable.name, tf.tensor(values, variable.shape)] as const;
        });
        for (const name of sums.add(Object.fromEntries(found))) touched.add(name);
      });
      const held = state.hold();
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
