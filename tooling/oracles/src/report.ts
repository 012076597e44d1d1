/** What became of one case. Neither uncovered nor a mismatch: it matched. */
export interface Outcome {
  readonly name: string;
  /** The peer's class. */
  readonly unit: string;
  readonly uncovered?: string;
  readonly mismatch?: string;
  /** Greatest relative difference. */
  readonly worst?: number;
  /** What the peer does otherwise, where the mapping made up for it. */
  readonly differs?: string;
}

/** Prints a line per class, then every case that is not covered, matches with a correction or does not match; true where none mismatches. */
export function report(parts: readonly { title: string; outcomes: readonly Outcome[] }[], print: (line: string) => void): boolean {
  for (const { title, outcomes } of parts) {
    print(title);
    for (const unit of [...new Set(outcomes.map((one) => one.unit))].sort()) {
      const own = outcomes.filter((one) => one.unit === unit);
      const matched = own.filter(hasMatched);
      const worst = matched.flatMap((one) => one.worst ?? []);
      const difference = worst.length > 0 ? `, worst relative difference ${Math.max(...worst).toExponential(1)}` : "";
      print(`  ${unit}: ${own.length} cases, ${matched.length} matched${difference}`);
    }
  }
  const all = parts.flatMap(({ outcomes }) => outcomes);
  for (const { name, uncovered } of all) if (uncovered) print(`not covered: ${name}: ${uncovered}`);
  for (const one of all) if (one.differs && hasMatched(one)) print(`matched with a correction: ${one.name}: ${one.differs}`);
  for (const { name, mismatch } of all) if (mismatch) print(`MISMATCH: ${name}: ${mismatch}`);
  const count = (of: (one: Outcome) => unknown) => all.filter(of).length;
  const mismatched = count((one) => one.mismatch);
  print(`${all.length} cases: ${count(hasMatched)} matched, ${count((one) => one.uncovered)} not covered, ${mismatched} mismatched`);
  return mismatched === 0;
}

const hasMatched = ({ uncovered, mismatch }: Outcome) => !uncovered && !mismatch;
