import type { RandomState } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { type BatchInputs, batchInputs, structureOf } from "../batch-inputs.js";
import { type BatchTensors, batchTensors, tensorsIn } from "../batch-loss.js";
import { embeddingsOf } from "../embeddings-of.js";
import type { Compile, CompiledFunction } from "../engine.js";
import type { GradientSums } from "../gradient-sums.js";
import type { RunStepParts } from "../run-step.js";
import type { TrainingState } from "../training-state.js";
import { type RowRange, rowRanges } from "./cache-sizes.js";

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
  readonly #programs = new Map<string, ChunkProgram>();

  constructor(parts: RunStepParts, state: TrainingState, sums: GradientSums, compile: Compile) {
    this.#parts = parts;
    this.#state = state;
    this.#sums = sums;
    this.#compile = compile;
  }

  /** @returns `[rows, dim]`, and what {@link backward} needs to draw the same dropout */
  async forward(rows: Uint32Array, chunk: number): Promise<{ embeddings: Float32Array; dim: number; draws: readonly RandomState[] }> {
    const { random } = this.#parts.plan;
    const draws: RandomState[] = [];
    let embeddings: Float32Array | undefined;
    let dim = 0;
    for (const range of rowRanges(rows.length, chunk)) {
      draws.push(random.state());
      const inputs = this.#inputs(rows, range);
      const program = this.#program("forward", inputs);
      const result = tf.tidy(() => {
        program.batch = batchTensors(inputs);
        return program.run(...tensorsIn(program.batch))[0]!;
      });
      const values = (await result.data()) as Float32Array;
      dim = result.shape[1]!;
      embeddings ??= new Float32Array(rows.length * dim);
      embeddings.set(values, range.start * dim);
      result.dispose();
    }
    return { embeddings: embeddings!, dim, draws };
  }

  /** Adds the weights' gradients to the sums. @param gradient of the embeddings, `[rows, dim]` @returns the names of the weights that have one */
  async backward(
    rows: Uint32Array,
    chunk: number,
    gradient: Float32Array,
    dim: number,
    draws: readonly RandomState[],
  ): Promise<Set<string>> {
    const { random } = this.#parts.plan;
    const names = new Set<string>();
    for (const [i, range] of rowRanges(rows.length, chunk).entries()) {
      random.restore(draws[i]!);
      const inputs = this.#inputs(rows, range);
      const program = this.#program("backward", inputs);
      const done = tf.tidy(() => {
        program.batch = batchTensors(inputs);
        program.passed = tf.tensor2d(gradient.slice(range.start * dim, (range.start + range.size) * dim), [range.size, dim]);
        return program.run(...tensorsIn(program.batch), program.passed)[0]!;
      });
      // Read, so that the chunk is computed, and its activations are gone, before the next one.
      await done.data();
      done.dispose();
      for (const name of program.names) names.add(name);
    }
    return names;
  }

  #inputs(rows: Uint32Array, { start, size }: RowRange): BatchInputs {
    const { data, encoded, dim } = this.#parts;
    return batchInputs({ rows: rows.slice(start, start + size) }, data, encoded, dim, "views");
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
