import { type Check, checkOptions, nonEmptyString, positiveFiniteNumber, positiveInteger, StorageError } from "@quaterion/core";
import { type Checkpoint, removeLeftovers, writeCheckpoint } from "./checkpoint.js";
import type { FitEvent } from "./events.js";

/** Options of {@link FitOptions.checkpoint}. */
export interface CheckpointOptions {
  folder: string;
  /** Default 100. */
  everySteps?: number | undefined;
  /** Also after so many minutes. Default: not. */
  everyMinutes?: number | undefined;
  /** Checkpoints kept, the newest; each holds the best weights so far too. Default 2: one more in case a disk damages the newest. */
  keep?: number | undefined;
}

/** Checks the option `checkpoint` of `fit`. */
export const checkpointValue: Check<unknown> = (value, argument) => {
  checkOptions(argument, value, {
    folder: nonEmptyString,
    everySteps: positiveInteger,
    everyMinutes: positiveFiniteNumber,
    keep: positiveInteger,
  });
  nonEmptyString((value as CheckpointOptions).folder, `${argument}.folder`);
  return value;
};

/** The checkpoints of a run: when they are due, and what becomes of one that can't be written. */
export class Checkpoints {
  readonly #options: CheckpointOptions | undefined;
  readonly #make: () => Promise<Checkpoint>;
  readonly #emit: (event: FitEvent) => Promise<void>;
  #lastAt = performance.now();
  #lastPath: string | undefined;
  #saved = -1;
  #tidied = false;

  /** @param make the run as it is now */
  constructor(options: CheckpointOptions | undefined, make: () => Promise<Checkpoint>, emit: (event: FitEvent) => Promise<void>) {
    this.#options = options;
    this.#make = make;
    this.#emit = emit;
  }

  /** The newest that was written in this run. */
  get lastPath(): string | undefined {
    return this.#lastPath;
  }

  /**
   * Saves where it is time to. One that can't be written (a full disk) is told and tried again at the next turn: training goes on, and the last good one stays.
   * @param last whether the run ends here
   */
  async afterStep(done: number, last: boolean): Promise<void> {
    if (!this.#options) return;
    const { everySteps = 100, everyMinutes } = this.#options;
    const byTime = everyMinutes !== undefined && performance.now() - this.#lastAt >= everyMinutes * 60_000;
    if (!last && !byTime && done % everySteps !== 0) return;
    try {
      await this.save(done);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      // A warning too, for a run that nobody listens to.
      process.emitWarning(`The checkpoint after step ${done} failed. ${error.message} Training goes on.`);
      await this.#emit({ kind: "checkpointFailed", step: done, error });
    }
  }

  /** @returns the checkpoint's folder; undefined where the run has none @throws {StorageError} when it can't be written */
  async save(done: number): Promise<string | undefined> {
    if (!this.#options) return undefined;
    if (this.#saved === done) return this.#lastPath;
    if (!this.#tidied) await removeLeftovers(this.#options.folder);
    this.#tidied = true;
    this.#lastPath = await writeCheckpoint(this.#options.folder, await this.#make(), this.#options.keep);
    this.#saved = done;
    this.#lastAt = performance.now();
    await this.#emit({ kind: "checkpoint", step: done, path: this.#lastPath });
    return this.#lastPath;
  }
}
