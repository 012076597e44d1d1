import type { OnProgress } from "@quaterion/core";

/** Where a {@link progressLine} goes: standard error, or anything that takes text. */
export interface ProgressStream {
  write(text: string): unknown;
  /** A terminal shows one line that changes; anything else gets a line now and then. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const lineEveryMs = 10_000;

/**
 * Progress as one line: `training 120/1,000 steps: loss 0.412, rate 0.0003, 12,300 samples/s, 42 s left, 310 MiB, accuracy 0.9100`. Groups
 * with rates of their own are named: `rates 0.0003 head, 0.00005 encoder`. On a terminal the line
 * changes in its place; in a file there is a line every ten seconds, and one at the end of each phase.
 */
export function progressLine(stream: ProgressStream = process.stderr): OnProgress {
  let last = Number.NEGATIVE_INFINITY;
  let phase = "";
  return (progress) => {
    const { done, total, unit, note } = progress;
    const count = total === undefined ? done.toLocaleString("en") : `${done.toLocaleString("en")}/${total.toLocaleString("en")}`;
    const line = `${progress.phase} ${count} ${unit}${note ? `: ${note}` : ""}`;
    const ended = done === total;
    if (stream.isTTY) {
      stream.write(`\r\x1b[2K${line.slice(0, (stream.columns ?? 80) - 1)}${ended ? "\n" : ""}`);
      return;
    }
    if (!ended && progress.phase === phase && performance.now() - last < lineEveryMs) return;
    last = performance.now();
    phase = progress.phase;
    stream.write(`${line}\n`);
  };
}
