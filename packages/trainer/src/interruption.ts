/** Whether a run was asked to end. */
export interface Interruption {
  /** Why, in words for a message; undefined while nobody asked. */
  readonly reason: string | undefined;
  /** Stops listening. */
  release(): void;
}

/**
 * Listens for an abort and, where `interrupts`, for Ctrl-C (SIGINT): the first one ends the run after the present step, a second one ends the
 * process as usual.
 */
export function interruption(signal: AbortSignal | undefined, interrupts: boolean): Interruption {
  let interrupted = false;
  const listener = () => {
    interrupted = true;
  };
  if (interrupts) process.once("SIGINT", listener);
  return {
    get reason() {
      if (interrupted) return "Ctrl-C was pressed";
      return signal?.aborted ? "the signal was aborted" : undefined;
    },
    release: () => {
      process.off("SIGINT", listener);
    },
  };
}
