import type { OnProgress } from "@quaterion/core";
import { chunkRows, type GradientCacheOptions } from "./gradient-cache/cache-sizes.js";
import type { GroupName, ParameterGroups } from "./parameter-groups.js";
import type { HistoryStep } from "./report.js";
import type { Parameter } from "./training-state.js";

const everyMs = 100;
/** A step that takes longer is told of before it ends. */
const longMs = 1000;
/** Steps of the past that speed is taken from. */
const window = 50;

/** What progress is told of. */
export interface ProgressParts {
  readonly onProgress?: OnProgress;
  readonly steps: number;
  /** What is trained, and the highest rates of its groups where they are not the run's. */
  readonly state: { readonly parameters: readonly Pick<Parameter, "name">[] };
  readonly learningRate: number;
  readonly groups?: ParameterGroups;
  readonly accumulate?: number;
  readonly gradientCache?: GradientCacheOptions;
  readonly plan?: { readonly encoder?: unknown };
}

/** Tells of a run's steps. */
export interface ProgressReporter {
  step(entry: HistoryStep, samples: number, last: boolean): void;
  /** Tells of a step that takes long. @param done steps before it @param share of it that is done */
  within(done: number, share: number): void;
}

/**
 * The learning rate of each group that is trained, as the schedule has it now: one number where they are equal, with the group's name where there is but
 * one. With rates that differ from layer to layer, the highest.
 * @param rate the run's own rate now
 */
export function shownRates({ state, learningRate, groups = {} }: Omit<ProgressParts, "onProgress" | "steps">, rate: number): string {
  const names = [...new Set(state.parameters.map(({ name }) => name.slice(0, name.indexOf(".")) as GroupName))];
  const rates = names.map((name) => ((groups[name]?.learningRate ?? learningRate) / learningRate) * rate);
  const shown = rates.map((each) => each.toPrecision(3));
  if (names.length > 1 && new Set(shown).size > 1) return `rates ${names.map((name, i) => `${shown[i]} ${name}`).join(", ")}`;
  return `rate ${shown[0] ?? rate.toPrecision(3)}${names.length === 1 && names[0] !== "head" ? ` ${names[0]}` : ""}`;
}

/** How a step's samples are gone through, where not at once. */
function shownParts({ accumulate = 1, gradientCache, plan }: ProgressParts, samples: number): string {
  const count = samples.toLocaleString("en");
  if (accumulate > 1) return `, ${accumulate} batches of ${count} samples in all a step`;
  if (!gradientCache) return "";
  if (plan?.encoder && gradientCache.chunk === undefined) return `, ${count} samples a step in chunks`;
  return `, ${count} samples a step in chunks of ${Math.min(samples, chunkRows(gradientCache, false)).toLocaleString("en")}`;
}

/** Tells of each step, ten times a second at most: loss, rate, samples a second, time left, memory, and what held-out data said last. */
export function progressReporter(parts: ProgressParts): ProgressReporter {
  const { onProgress, steps } = parts;
  if (!onProgress) return { step() {}, within() {} };
  const times = [performance.now()];
  const counts: number[] = [];
  let told = Number.NEGATIVE_INFINITY;
  let seen = "";
  const tell = (done: number, note: string): void => {
    const memory = process.memoryUsage().rss / 2 ** 20;
    onProgress({ phase: "training", done, total: steps, unit: "steps", note: `${note}, ${memory.toFixed(0)} MiB${seen}` });
  };
  return {
    step(entry, samples, last) {
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
      tell(
        entry.step,
        `loss ${entry.loss.toPrecision(4)}, ${shownRates(parts, entry.learningRate)}, ${perSecond.toPrecision(3)} samples/s${shownParts(parts, samples)}, ${duration(left)} left`,
      );
    },
    within(done, share) {
      const now = performance.now();
      const ms = now - times.at(-1)!;
      if (ms < longMs || now - told < everyMs || share >= 1) return;
      told = now;
      tell(done, `step ${done + 1}: ${(100 * share).toFixed(0)} %, ${duration((ms / 1000) * (1 / share - 1))} left of it`);
    },
  };
}

/** 42 s, 3:05 min, 2:10 h. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return whole < 3600 ? `${Math.floor(whole / 60)}:${two(whole % 60)} min` : `${Math.floor(whole / 3600)}:${two((whole % 3600) / 60)} h`;
}
