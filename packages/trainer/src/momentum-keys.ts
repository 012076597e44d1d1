import { type Batch, Random } from "@quaterion/core";
import * as tf from "@tensorflow/tfjs-core";
import { batchInputs, type PrepareRows, readRows, structureOf } from "./batch-inputs.js";
import { type BatchTensors, batchTensors, tensorsIn } from "./batch-loss.js";
import { embeddingsOf } from "./embeddings-of.js";
import type { Compile, CompiledFunction } from "./engine.js";
import { chunkRows } from "./gradient-cache/cache-sizes.js";
import { evenChunks } from "./gradient-cache/even-chunks.js";
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
    const { plan, data, dim, gradientCache, rowSize } = this.#parts;
    const rows = Uint32Array.from([...batch.rows, ...(batch.candidates ?? [])]);
    let keys: Float32Array | undefined;
    const chunkOf = (mean?: number) => (gradientCache ? chunkRows(gradientCache, plan.encoder !== undefined, mean) : rows.length);
    for (const positions of evenChunks(rows, chunkOf, gradientCache && rowSize)) {
      const part = { rows: positions.map((position) => rows[position]!) };
      const inputs = batchInputs(part, data, await readRows(part, this.#rows), dim, "views");
      const program = this.#program(structureOf(inputs));
      const result = tf.tidy(() => {
        program.batch = batchTensors(inputs);
        return program.run(...tensorsIn(program.batch))[0]!;
      });
      program.batch = undefined;
      const width = result.shape[1]!;
      keys ??= new Float32Array(rows.length * width);
      const values = (await result.data()) as Float32Array;
      for (const [at, position] of positions.entries()) keys.set(values.subarray(at * width, (at + 1) * width), position * width);
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
