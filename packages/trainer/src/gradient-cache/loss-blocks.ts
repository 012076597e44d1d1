import type { LossParameters, RelationLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import type { GuideVectors } from "../batch-inputs.js";
import { leastCount } from "../batch-loss.js";
import type { MemoryBlock } from "../cross-batch-memory.js";
import type { Compile, CompiledFunction } from "../engine.js";
import { relationTensor } from "../pair-masks.js";
import { type BlockWork, blockGradients, inputsOf, type Layout } from "./block-gradients.js";
import type { BatchMasks } from "./block-masks.js";
import type { RowRange } from "./cache-sizes.js";
import type { OnShare } from "./embedding-chunks.js";

/** A batch's embeddings in ordinary memory: its rows, then its candidates where they are others. */
export interface CachedBatch {
  /** `[rows + candidates, dim]` */
  readonly embeddings: Float32Array;
  readonly dim: number;
  readonly anchors: number;
  readonly paired: boolean;
  readonly memory?: MemoryBlock;
  readonly guide?: GuideVectors;
  /** Of the anchors. */
  readonly weights?: Float32Array;
  /** The label space, or group of given pairs, that all are from, where the loss asks for it. */
  readonly source?: string;
}

/** What the blocks of a batch come to. */
export interface BlockedLoss {
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  /** Of the embeddings, `[rows + candidates, dim]`. */
  readonly gradient: Float32Array;
  /** Of what the loss learns, by name. */
  readonly parameterGradients: Readonly<Record<string, Float32Array>>;
}

interface BlockProgram {
  readonly run: CompiledFunction;
  work?: BlockWork;
  readonly layout: Layout;
}

/**
 * A relation loss over blocks of anchors. Totals and counts add up over blocks; so do the gradients of each total, which are divided by the whole
 * batch's count at the end. Only one block's pairs exist at any time.
 */
export class LossBlocks {
  readonly #loss: RelationLoss;
  readonly #compile: Compile;
  readonly #parameters: () => LossParameters;
  readonly #programs = new Map<string, BlockProgram>();

  /** @param parameters what the loss learns, as it is now */
  constructor(loss: RelationLoss, compile: Compile, parameters: () => LossParameters) {
    this.#loss = loss;
    this.#compile = compile;
    this.#parameters = parameters;
  }

  async run(batch: CachedBatch, masks: BatchMasks, blocks: readonly RowRange[], within: OnShare): Promise<BlockedLoss> {
    const { embeddings, dim, anchors, paired, memory, guide, weights, source } = batch;
    const names = Object.keys(this.#parameters());
    const candidateRows = paired ? embeddings.subarray(anchors * dim) : embeddings;
    const among = masks.amongCandidates();
    const constants = {
      candidates: rowsTensor(candidateRows, dim),
      memory: memory && rowsTensor(memory.vectors, memory.dim),
      guide: guide && rowsTensor(paired ? guide.vectors.subarray(anchors * guide.dim) : guide.vectors, guide.dim),
      amongCandidates: among && relationTensor(among, masks.width),
    };
    const ofAnchors: Float32Array[][] = [];
    let layout: Layout = { ratios: 0, parts: [] };
    let sums: Float64Array | undefined;
    let before: tf.Tensor[][] = [];
    try {
      for (const [block, range] of blocks.entries()) {
        const { relations, amongAnchors, ownNegatives } = masks.block(range);
        const program = this.#program(
          `${range.size} ${masks.width} ${before.length > 0} ${candidateRows.length} ${memory?.vectors.length} ${guide?.dim} ${weights !== undefined} ${source}`,
        );
        const results = tf.tidy(() => {
          const work: BlockWork = {
            anchors: rowsTensor(slice(embeddings, range, dim), dim),
            candidates: constants.candidates,
            others: {
              relations: relationTensor(relations, range.size),
              ...(amongAnchors && { amongAnchors: relationTensor(amongAnchors, range.size) }),
              ...(constants.amongCandidates && { amongCandidates: constants.amongCandidates }),
              ...(ownNegatives && { ownNegatives: tf.tensor2d(ownNegatives, [range.size, masks.width]) }),
              ...(guide && {
                guide: { anchors: rowsTensor(slice(guide.vectors, range, guide.dim), guide.dim), candidates: constants.guide! },
              }),
              ...(constants.memory && { memory: constants.memory }),
              ...(weights && { weights: tf.tensor1d(slice(weights, range, 1)) }),
              ...(source !== undefined && { source }),
            },
            before,
          };
          program.work = work;
          return program.run(...inputsOf(work));
        });
        program.work = undefined;
        layout = program.layout;
        tf.dispose(before);
        const [summary, ...gradients] = results;
        const numbers = (await summary!.data()) as Float32Array;
        sums ??= new Float64Array(numbers.length);
        for (const [i, value] of numbers.entries()) sums[i]! += value;
        ofAnchors.push(await Promise.all(gradients.slice(0, layout.ratios).map(async (each) => (await each.data()) as Float32Array)));
        tf.dispose([summary!, ...gradients.slice(0, layout.ratios)]);
        const kept = gradients.slice(layout.ratios);
        before = Array.from({ length: layout.ratios }, (_, ratio) =>
          kept.slice(ratio * (1 + names.length), (ratio + 1) * (1 + names.length)),
        );
        await within((block + 1) / blocks.length);
      }
      const totals = await Promise.all(before.map((each) => Promise.all(each.map(async (one) => (await one.data()) as Float32Array))));
      return this.#whole(batch, blocks, names, layout, sums!, ofAnchors, totals);
    } finally {
      tf.dispose(before);
      tf.dispose(Object.values(constants).flatMap((each) => each ?? []));
    }
  }

  /** Divides totals, and their gradients, by the whole batch's counts; times the mean weight, as {@link batchLoss} does. */
  #whole(
    { embeddings, dim, anchors, paired, weights }: CachedBatch,
    blocks: readonly RowRange[],
    names: readonly string[],
    { ratios, parts }: Layout,
    sums: Float64Array,
    ofAnchors: readonly (readonly Float32Array[])[],
    totals: readonly (readonly Float32Array[])[],
  ): BlockedLoss {
    const factor = weights === undefined ? 1 : weights.reduce((sum, weight) => sum + weight, 0) / anchors;
    let at = 0;
    const next = (count: number): number => {
      let value = 0;
      for (let i = 0; i < count; i++, at += 2) value += sums[at]! / Math.max(sums[at + 1]!, leastCount);
      return value * factor;
    };
    const loss = next(ratios);
    const named = Object.fromEntries(parts.map(([name, count]) => [name, next(count)]));
    const gradient = new Float32Array(embeddings.length);
    const parameterGradients = Object.fromEntries(names.map((name, i) => [name, new Float32Array(totals[0]![1 + i]!.length)]));
    for (let ratio = 0; ratio < ratios; ratio++) {
      const scale = factor / Math.max(sums[2 * ratio + 1]!, leastCount);
      addScaled(gradient, totals[ratio]![0]!, paired ? anchors * dim : 0, scale);
      for (const [i, { start }] of blocks.entries()) addScaled(gradient, ofAnchors[i]![ratio]!, start * dim, scale);
      for (const [i, name] of names.entries()) addScaled(parameterGradients[name]!, totals[ratio]![1 + i]!, 0, scale);
    }
    return { loss, parts: named, gradient, parameterGradients };
  }

  #program(structure: string): BlockProgram {
    let program = this.#programs.get(structure);
    if (program === undefined) {
      const made: BlockProgram = {
        run: this.#compile(() => blockGradients(this.#loss, this.#parameters(), made.work!, made.layout), { state: () => null }),
        layout: { ratios: 0, parts: [] },
      };
      this.#programs.set(structure, made);
      program = made;
    }
    return program;
  }

  dispose(): void {
    for (const { run } of this.#programs.values()) run.dispose?.();
    this.#programs.clear();
  }
}

function rowsTensor(values: Float32Array, dim: number): tf.Tensor2D {
  return tf.tensor2d(values, [values.length / dim, dim]);
}

function slice(values: Float32Array, { start, size }: RowRange, dim: number): Float32Array {
  return values.slice(start * dim, (start + size) * dim);
}

function addScaled(to: Float32Array, values: Float32Array, from: number, scale: number): void {
  for (let i = 0; i < values.length; i++) to[from + i]! += values[i]! * scale;
}
