/** A model's accuracy on one space: the mean over seeds, with the 95 % interval of the test texts' sampling. */
export interface Cell {
  readonly mean: number;
  /** 1.96 standard errors of the mean over texts, each text counting with its share of seeds that got it right. */
  readonly plusMinus: number;
  /** By seed. */
  readonly bySeed: readonly number[];
  /** Rules that the references chose, by seed. */
  readonly rules: readonly string[];
}

/** One line of a table. */
export interface Row {
  readonly model: string;
  readonly cells: Readonly<Record<string, Cell>>;
}

export interface Table {
  readonly task: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** @param right by seed: which test texts were answered right */
export function cellOf(right: readonly Uint8Array[], rules: readonly string[]): Cell {
  const texts = right[0]!.length;
  const shares = Float64Array.from({ length: texts }, (_, text) => right.reduce((sum, one) => sum + one[text]!, 0) / right.length);
  const mean = meanOf(shares);
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / Math.max(1, texts - 1);
  return { mean, plusMinus: 1.96 * Math.sqrt(variance / texts), bySeed: right.map((one) => meanOf(Float64Array.from(one))), rules };
}

function meanOf(numbers: Float64Array): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** The table as Markdown. */
export function markdown({ task, columns, rows }: Table): string {
  const percent = (share: number) => (share * 100).toFixed(1);
  const cell = (one: Cell | undefined) => {
    if (one === undefined) return "–";
    const spread = one.bySeed.length > 1 ? `, seeds ${percent(Math.min(...one.bySeed))}–${percent(Math.max(...one.bySeed))}` : "";
    return `${percent(one.mean)} ± ${percent(one.plusMinus)}${spread}`;
  };
  const lines = rows.map(({ model, cells }) => `| ${model} | ${columns.map((column) => cell(cells[column])).join(" | ")} |`);
  return [`**${task}**, accuracy in %`, "", `| | ${columns.join(" | ")} |`, `|---|${columns.map(() => "---|").join("")}`, ...lines].join(
    "\n",
  );
}
