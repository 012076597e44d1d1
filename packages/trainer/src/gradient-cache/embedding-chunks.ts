import type { RandomState } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type BatchInputs, batchInputs, gathered, readRows, structureOf } from "../batch-inputs.js";
import { type BatchTensors, batchTensors, tensorsIn } from "../batch-loss.js";
import { embeddingsOf } from "../embeddings-of.js";
import type { Compile, CompiledFunction } from "../engine.js";
import type { GradientSums } from "../gradient-sums.js";
import type { RunStepParts } from "../run-step.js";
import type { TrainingState } from "../training-state.js";
import { chunkRows, type GradientCacheOptions } from "./cache-sizes.js";
import { evenChunks } from "./even-chunks.js";

/** Told what share of its work a part of a step has done; where it rejects, the step ends there. */
export type OnShare = (share: number) => Promise<void>;

/** Rows' embeddings in ordinary memory, and how they were made. */
export interface EmbeddedRows {
  /** `[rows, dim]` */
  readonly embeddings: Float32Array;
  readonly dim: number;
  /** Positions of each chunk, and the state that its dropout was drawn from. */
  readonly chunks: readonly Uint32Array[];
  readonly draws: readonly RandomState[];
}

/** One chunk's program: its embeddings, or what they pass on of a gradient. */
interface ChunkProgram {
  readonly run: CompiledFunction;
  batch?: BatchTensors;
  passed?: tf.Tensor2D;
  /** Weights that had a gradient: known once it was called. */
  names: readonly string[];
}

/**
 * Rows through encoder and head a chunk at a time, twice: forward without a tape, and again to pass a gradient of the embeddings on to the weights. Each chunk's
 * dropout is drawn from the same state both times. Only one chunk's activations exist at any time.
 */
export class EmbeddingChunks {
  readonly #parts: RunStepParts;
  readonly #state: TrainingState;
  readonly #sums: GradientSums;
  readonly #compile: Compile;
  readonly #chunkOf: (mean?: number) => number;
  readonly #programs = new Map<string, ChunkProgram>();

  constructor(parts: RunStepParts, state: TrainingState, sums: GradientSums, compile: Compile, options: GradientCacheOptions) {
    this.#parts = parts;
    this.#chunkOf = (mean) => chunkRows(options, parts.plan.encoder !== undefined, mean);
    this.#state = state;
    this.#sums = sums;
    this.#compile = compile;
  }

  /** @returns `[rows, dim]`, and what {@link backward} needs to draw the same dropout */
  async forward(rows: Uint32Array, within: OnShare): Promise<EmbeddedRows> {
    const { random } = this.#parts.plan;
    const chunks = evenChunks(rows, this.#chunkOf, this.#parts.rowSize);
    const draws: RandomState[] = [];
    let embeddings: Float32Array | undefined;
    let dim = 0;
    for (const [i, positions] of chunks.entries()) {
      draws.push(random.state());
      const inputs = await this.#inputs(rows, positions);
      const program = this.#program("forward", inputs);
      const result = tf.tidy(() => {
        program.batch = batchTensors(inputs);
        return program.run(...tensorsIn(program.batch))[0]!;
      });
      const values = (await result.data()) as Float32Array;
      dim = result.shape[1]!;
      embeddings ??= new Float32Array(rows.length * dim);
      for (const [at, position] of positions.entries()) embeddings.set(values.subarray(at * dim, (at + 1) * dim), position * dim);
      result.dispose();
      await within((i + 1) / chunks.length);
    }
    return { embeddings: embeddings!, dim, chunks, draws };
  }

  /** Adds the weights' gradients to the sums. @param gradient of the embeddings, `[rows, dim]` @returns the names of the weights that have one */
  async backward(rows: Uint32Array, { dim, chunks, draws }: EmbeddedRows, gradient: Float32Array, within: OnShare): Promise<Set<string>> {
    const { random } = this.#parts.plan;
    const names = new Set<string>();
    for (const [i, positions] of chunks.entries()) {
      random.restore(draws[i]!);
      const inputs = await this.#inputs(rows, positions);
      const program = this.#program("backward", inputs);
      const done = tf.tidy(() => {
        program.batch = batchTensors(inputs);
        program.passed = tf.tensor2d(gathered(positions, gradient, dim), [positions.length, dim]);
        return program.run(...tensorsIn(program.batch), program.passed)[0]!;
      });
      // Read, so that the chunk is computed, and its activations are gone, before the next one.
      await done.data();
      done.dispose();
      for (const name of program.names) names.add(name);
      await within((i + 1) / chunks.length);
    }
    return names;
  }

  async #inputs(rows: Uint32Array, positions: Uint32Array): Promise<BatchInputs> {
    const { data, encoded, dim } = this.#parts;
    const part = { rows: positions.map((position) => rows[position]!) };
    return batchInputs(part, data, await readRows(part, encoded), dim, "views");
  }

  #program(way: "forward" | "backward", inputs: BatchInputs): ChunkProgram {
    const key = `${way} ${structureOf(inputs)}`;
    let program = this.#programs.get(key);
    if (program === undefined) {
      const { plan } = this.#parts;
      const embeddings = () => embeddingsOf(plan, made.batch!, this.#state.weights, true);
      const passOn = (): tf.Tensor[] => {
        const { value, grads } = tf.variableGrads(
          () => tf.sum(tf.mul(embeddings(), made.passed!)) as tf.Scalar,
          this.#state.parameters.map(({ variable }) => variable),
        );
        made.names = this.#sums.add(grads as Record<string, tf.Tensor>);
        return [value];
      };
      const made: ChunkProgram = {
        run: this.#compile(way === "forward" ? () => [embeddings()] : passOn, { state: () => plan.random.state() }),
        names: [],
      };
      this.#programs.set(key, made);
      program = made;
    }
    return program;
  }

  dispose(): void {
    for (const { run } of this.#programs.values()) run.dispose?.();
    this.#programs.clear();
  }
}
