/** What was measured of one loss at one size. */
export interface LossRow {
  readonly name: string;
  readonly rows: number;
  readonly dim: number;
  readonly medianMs: number;
  readonly minMs: number;
  /** The first step, with what it compiles. */
  readonly firstMs: number;
  readonly peakMiB: number;
  readonly value: number;
  /** Native graphs in a step, and kernels that fell back to plain JavaScript. */
  readonly graphs: number;
  readonly fallbacks: readonly string[];
  readonly peer?: PeerFigures;
  /** Why there is no peer, where one was tried. */
  readonly peerProblem?: string;
  /** Ours over the peer's: of the medians, and of the least times. */
  readonly ratio?: number;
  readonly minRatio?: number;
}

export interface PeerFigures {
  readonly library: string;
  readonly medianMs: number;
  readonly minMs: number;
  readonly value: number;
}

/** The middle one of several numbers. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

export const head =
  "                                                       ours            the peer\n  loss                                rows   median      min   median      min   ratio  (min)   peak MiB";

/** How many are as fast as their peer. */
export function summary(rows: readonly LossRow[]): string {
  const ratios = rows.flatMap(({ minRatio }) => (minRatio === undefined ? [] : [minRatio]));
  if (ratios.length === 0) return "";
  const slower = ratios.filter((ratio) => ratio > 1).length;
  return `\n  ${ratios.length - slower} of ${ratios.length} are as fast as their peer, or faster, by the least times`;
}

export function line({ name, rows, medianMs, minMs, peer, ratio, minRatio, peakMiB, graphs, fallbacks, peerProblem }: LossRow): string {
  const ms = (value: number | undefined) => (value === undefined ? "" : value.toFixed(2)).padStart(8);
  const times = (value: number | undefined) => (value === undefined ? "" : value.toFixed(2)).padStart(6);
  const notes = [
    ...(graphs > 1 ? [`${graphs} graphs`] : []),
    ...fallbacks.map((kernel) => `${kernel} falls back`),
    ...(peerProblem ? [`peer: ${peerProblem}`] : []),
  ];
  return `  ${name.padEnd(34)} ${String(rows).padStart(5)} ${ms(medianMs)} ${ms(minMs)} ${ms(peer?.medianMs)} ${ms(peer?.minMs)} ${times(ratio)} ${times(minRatio)} ${peakMiB.toFixed(0).padStart(10)}   ${notes.join("; ")}`;
}
