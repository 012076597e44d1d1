/** One line of the table. */
export interface StsRow {
  readonly model: string;
  readonly steps: number;
  /** Of training, from the data in memory to the trained weights; saving is not in it. */
  readonly seconds: number;
  /** Spearman's correlation of cosines with people's scores. */
  readonly dev: number;
  readonly test: number;
}

/** The rows as Markdown; correlations × 100, as they are published. */
export function stsTable(rows: readonly StsRow[]): string {
  const lines = rows.map(
    ({ model, steps, seconds, dev, test }) =>
      `| ${model} | ${steps === 0 ? "–" : steps} | ${steps === 0 ? "–" : seconds.toFixed(0)} | ${(100 * dev).toFixed(1)} | ${(100 * test).toFixed(1)} |`,
  );
  return ["| | steps | seconds | dev | test |", "|---|---|---|---|---|", ...lines].join("\n");
}
