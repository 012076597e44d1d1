import type { FitReport } from "@quaterion/trainer";
import { defaultModel, type RunOptions } from "./options.js";

/** How a training went, in one line. */
export function trainingLine({ steps, resumedFrom, stepMs, seconds, firstLoss, lastLoss }: FitReport): string {
  const pace = stepMs === undefined ? "" : ` of ${stepMs.toFixed(1)} ms`;
  const before = resumedFrom > 0 ? `, ${resumedFrom} of them before it was stopped` : "";
  return `${steps} steps${pace} in ${seconds.training.toFixed(1)} s${before}; loss ${firstLoss?.toFixed(3)} → ${lastLoss?.toFixed(3)}`;
}

/**
 * Commands to go on with.
 * @param text one of the user's own, to ask the model about
 */
export function tryNext({ out }: Pick<RunOptions, "out">, text: string): string {
  const model = out === defaultModel ? "" : ` --model ${JSON.stringify(out)}`;
  return [
    "Try next:",
    `npm start -- classify ${JSON.stringify(text)}${model}`,
    "npm start -- --data <folder> --data <folder> --encoder <name or folder>",
    "npm start -- --help",
  ].join("\n  ");
}
