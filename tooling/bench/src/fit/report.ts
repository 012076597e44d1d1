import type { PeerName } from "./cases.js";

/** What one run of either side gives: milliseconds of all steps, and what of them was compiling. */
export interface RunFigures {
  readonly trainingMs: number;
  readonly compileMs: number;
  readonly losses: readonly number[];
  readonly peakMiB: number;
}

/** What was measured of one case; milliseconds are of a run or a step, as `per` says, and medians over rounds. */
export interface FitRow {
  readonly name: string;
  readonly per: "run" | "step";
  readonly steps: number;
  /** Compiling left out. */
  readonly oursMs: number;
  /** Of the first run as a whole: later ones in the process find its graphs. */
  readonly compileMs: number;
  readonly peer?: PeerName;
  readonly peerMs?: number;
  /** Ours over the peer's, without compiling and with it. */
  readonly ratio?: number;
  readonly wholeRatio?: number;
  readonly peakMiB: number;
  readonly peerPeakMiB?: number;
  readonly firstLoss: number;
  readonly lastLoss: number;
  readonly peerLastLoss?: number;
  /** Why there is no peer. */
  readonly peerProblem?: string;
}

const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** One row from the runs of both sides; `peer` is empty where there is none. */
export function fitRow(
  { name, per }: Pick<FitRow, "name" | "per">,
  ours: readonly RunFigures[],
  peer: readonly RunFigures[],
  peerProblem?: string,
  peerName?: PeerName,
): FitRow {
  const steps = ours[0]!.losses.length;
  const share = per === "run" ? 1 : 1 / steps;
  const oursMs = middle(ours.map(({ trainingMs, compileMs }) => trainingMs - compileMs)) * share;
  // The first round compiles; those after it find its graphs.
  const most = (runs: readonly RunFigures[], key: "peakMiB" | "compileMs") => Math.max(...runs.map((run) => run[key]));
  const losses = ours.at(-1)!.losses;
  const row = { name, per, steps, oursMs, compileMs: most(ours, "compileMs"), peakMiB: most(ours, "peakMiB") };
  const named = peerName === undefined ? {} : { peer: peerName };
  const seen = { ...named, firstLoss: losses[0]!, lastLoss: losses.at(-1)! };
  if (peer.length === 0) return { ...row, ...seen, ...(peerProblem !== undefined && { peerProblem }) };
  const peerMs = middle(peer.map(({ trainingMs }) => trainingMs)) * share;
  return {
    ...row,
    ...seen,
    peerMs,
    ratio: oursMs / peerMs,
    wholeRatio: (oursMs + row.compileMs * share) / peerMs,
    peerPeakMiB: most(peer, "peakMiB"),
    peerLastLoss: peer.at(-1)!.losses.at(-1)!,
    ...(peerProblem !== undefined && { peerProblem }),
  };
}

/**
 * Refuses to compare what is not the same work: both sides' losses of the same batches, in order, must agree.
 * @throws {Error} with both numbers of the step that differs
 */
export function sameWork(ours: readonly number[], peer: readonly number[], tolerance: number): void {
  const step = ours.findIndex((loss, i) => !(Math.abs(loss - peer[i]!) <= tolerance * Math.max(1e-3, Math.abs(loss))));
  if (step >= 0 || ours.length !== peer.length)
    throw new Error(`not the same work: at step ${step + 1} our loss is ${ours[step]}, the peer's ${peer[step]}`);
}

export const head =
  "  case                   ms of   steps       ours  compiling     theirs   ratio (whole)   peak MiB  (theirs) last loss (theirs)  beside";

export function line(row: FitRow): string {
  const number = (value: number | undefined, digits: number, width: number) =>
    (value === undefined ? "–" : value.toFixed(digits)).padStart(width);
  const { name, per, steps, oursMs, compileMs, peerMs, ratio, wholeRatio, peakMiB, peerPeakMiB, lastLoss, peerLastLoss } = row;
  const times = `${number(oursMs, 1, 10)} ${number(compileMs, 0, 10)} ${number(peerMs, 1, 10)} ${number(ratio, 2, 7)} ${number(wholeRatio, 2, 7)}`;
  const rest = `${number(peakMiB, 0, 10)} ${number(peerPeakMiB, 0, 9)} ${number(lastLoss, 4, 9)} ${number(peerLastLoss, 4, 8)}`;
  const note = `  ${row.peer ?? ""}${row.peerProblem === undefined ? "" : ` missing: ${row.peerProblem}`}`;
  return `  ${name.padEnd(20)} ${per.padStart(7)} ${String(steps).padStart(7)} ${times} ${rest}${note}`;
}
