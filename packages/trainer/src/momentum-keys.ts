import { type Batch, Random } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { batchInputs, type PrepareRows, structureOf } from "./batch-inputs.js";
import { type BatchTensors, batchTensors, tensorsIn } from "./batch-loss.js";
import { embeddingsOf } from "./embeddings-of.js";
import type { Compile, CompiledFunction } from "./engine.js";
import { chunkRows, rowRanges } from "./gradient-cache/cache-sizes.js";
import type { RunStepParts } from "./run-step.js";
import type { TrainingState } from "./training-state.js";

/** Nothing is drawn from it: keys have no dropout. */
const still = new Random(0);

/**
 * What a batch gives to a memory where that has a momentum: the embeddings that the key weights make, without dropout. Taken before the step's update,
 * as He et al. do (CVPR 2020, algorithm 1).
 */
export class MomentumKeys {
  readonly #parts: RunStepParts;
  readonly #rows: Float32Array | PrepareRows;
  readonly #state: TrainingState;
  readonly #compile: Compile;
  readonly #programs = new Map<string, { run: CompiledFunction; batch: BatchTensors | undefined }>();

  constructor(parts: RunStepParts, rows: Float32Array | PrepareRows, state: TrainingState, compile: Compile) {
    this.#parts = parts;
    this.#rows = rows;
    this.#state = state;
    this.#compile = compile;
  }

  /** @returns keys of the batch's rows and then of its candidates, `[rows + candidates, dim]`; a chunk is in memory at a time where gradients are cached */
  async of(batch: Batch): Promise<Float32Array> {
    const { data, dim, gradientCache } = this.#parts;
    const rows = Uint32Array.from([...batch.rows, ...(batch.candidates ?? [])]);
    let keys: Float32Array | undefined;
    for (const { start, size } of rowRanges(rows.length, gradientCache ? chunkRows(gradientCache) : rows.length)) {
      const inputs = batchInputs({ rows: rows.slice(start, start + size) }, data, this.#rows, dim, "views");
      const program = this.#program(structureOf(inputs));
      const result = tf.tidy(() => {
        program.batch = batchTensors(inputs);
        return program.run(...tensorsIn(program.batch))[0]!;
      });
      program.batch = undefined;
      const width = result.shape[1]!;
      keys ??= new Float32Array(rows.length * width);
      keys.set((await result.data()) as Float32Array, start * width);
      result.dispose();
    }
    return keys!;
  }

  #program(structure: string) {
    const known = this.#programs.get(structure);
    if (known) return known;
    const { plan } = this.#parts;
    const made: { run: CompiledFunction; batch: BatchTensors | undefined } = {
      run: this.#compile(() => [embeddingsOf({ ...plan, random: still }, made.batch!, this.#state.keyWeights, false)], {
        state: () => null,
      }),
      batch: undefined,
    };
    this.#programs.set(structure, made);
    return made;
  }

  dispose(): void {
    for (const { run } of this.#programs.values()) run.dispose?.();
    this.#programs.clear();
  }
}
