/** Seconds by phase of a run. */
export interface Stopwatch {
  readonly seconds: Record<string, number>;
  /** Runs a phase and adds its seconds. */
  time<T>(phase: string, run: () => Promise<T>): Promise<T>;
}

export function stopwatch(): Stopwatch {
  const seconds: Record<string, number> = {};
  return {
    seconds,
    async time(phase, run) {
      const started = performance.now();
      try {
        return await run();
      } finally {
        seconds[phase] = (seconds[phase] ?? 0) + Math.round(performance.now() - started) / 1000;
      }
    },
  };
}
