import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { QuaterionError } from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import { type FitOptions, type FitResult, fit } from "@quaterion/trainer";
import type { RunOptions } from "./options.js";

/** The trainings of a run, kept beside its model until it is saved, so that a run that was stopped goes on where it stood. */
export interface UnfinishedRun {
  /** Trains, or goes on with what the same command trained before it was stopped. Each training of a run has a title of its own. */
  fit(title: string, options: FitOptions<string>): Promise<FitResult<string>>;
  /** Removes what was kept: the model is saved. */
  finish(): Promise<void>;
}

/** Runs of the same options share what they trained; other options get a folder of their own. */
export function unfinishedRun({ json: _, ...options }: RunOptions): UnfinishedRun {
  const all = `${resolve(options.out)}.unfinished`;
  const own = join(all, sha256(JSON.stringify(Object.entries(options).sort())).slice(0, 16));
  return {
    async fit(title, options) {
      const folder = join(own, title.replace(/[^\p{L}\p{N}]+/gu, "-"));
      const kept: FitOptions<string> = { ...options, checkpoint: { folder }, resume: true };
      try {
        return await fit(kept);
      } catch (error) {
        // The data or this release changed since: what was kept is of no use.
        if (!QuaterionError.is(error) || error.code !== "INCOMPATIBLE") throw error;
        await rm(folder, { recursive: true, force: true });
        return fit(kept);
      }
    },
    finish: () => rm(all, { recursive: true, force: true }),
  };
}
