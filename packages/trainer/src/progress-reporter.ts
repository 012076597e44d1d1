import type { OnProgress } from "@quaterion/core";
import type { HistoryStep } from "./report.js";

const everyMs = 100;
/** Steps of the past that speed is taken from. */
const window = 50;

/** What progress is told of. */
export interface ProgressParts {
  readonly onProgress?: OnProgress;
  readonly steps: number;
}

/** Tells of each step, ten times a second at most: loss, rate, samples a second, time left, memory, and what held-out data said last. */
export function progressReporter({ onProgress, steps }: ProgressParts): (entry: HistoryStep, samples: number, last: boolean) => void {
  if (!onProgress) return () => {};
  const times = [performance.now()];
  const counts: number[] = [];
  let told = Number.NEGATIVE_INFINITY;
  let seen = "";
  return (entry, samples, last) => {
    const now = performance.now();
    times.push(now);
    counts.push(samples);
    if (counts.length > window) {
      times.shift();
      counts.shift();
    }
    const { validationLoss, metrics = {} } = entry;
    if (validationLoss !== undefined || entry.metrics) {
      const all = { ...(validationLoss !== undefined && { "validation loss": validationLoss }), ...metrics };
      seen = Object.entries(all)
        .map(([name, value]) => `, ${name} ${value.toPrecision(4)}`)
        .join("");
    }
    if (now - told < everyMs && !last) return;
    told = now;
    const seconds = (now - times[0]!) / 1000;
    const left = last ? 0 : (seconds / counts.length) * (steps - entry.step);
    const perSecond = counts.reduce((sum, count) => sum + count, 0) / Math.max(seconds, 1e-9);
    const memory = process.memoryUsage().rss / 2 ** 20;
    onProgress({
      phase: "training",
      done: entry.step,
      total: steps,
      unit: "steps",
      note: `loss ${entry.loss.toPrecision(4)}, rate ${entry.learningRate.toPrecision(3)}, ${perSecond.toPrecision(3)} samples/s, ${duration(left)} left, ${memory.toFixed(0)} MiB${seen}`,
    });
  };
}

/** 42 s, 3:05 min, 2:10 h. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return whole < 3600 ? `${Math.floor(whole / 60)}:${two(whole % 60)} min` : `${Math.floor(whole / 3600)}:${two((whole % 3600) / 60)} h`;
}
