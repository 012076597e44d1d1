/** How far a piece of work is. `total` is undefined where it can't be known. */
export interface Progress {
  /** What is being done, in words a user reads: "encoding texts". */
  phase: string;
  done: number;
  total?: number;
  /** What is counted: "texts", "steps", "bytes". */
  unit: string;
  /** Something beside the count: "loss 0.412". */
  note?: string;
}

/** Called as work goes on, at least at its end, not more often than about ten times a second. */
export type OnProgress = (progress: Progress) => void;
