import type { AuditReport, SharedTexts } from "./audit.js";

const width = 100;
const listed = 10;

/** An audit as plain text for a terminal, at most 100 columns wide. Long lists show their first ten and say how many more there are. */
export function formatAudit(report: AuditReport): string {
  const { spaces, identical, conflicts, leaks, aliases, falseNegatives } = report;
  const lines: string[] = [];
  const section = (title: string, head: readonly string[], rows: readonly (readonly string[])[], none: string) => {
    lines.push("", title);
    if (rows.length === 0) lines.push(`  ${none}`);
    else lines.push(...table(head, rows.slice(0, listed)));
    if (rows.length > listed) lines.push(`  and ${rows.length - listed} more`);
  };
  const spaceRows = spaces.map(({ set, space, rows, labels, smallest, largest, singles }) => [
    set,
    space,
    String(rows),
    String(labels),
    `${smallest.rows} (${smallest.label})`,
    `${largest.rows} (${largest.label})`,
    String(singles.length),
  ]);
  lines.push("Label spaces", ...table(["set", "space", "rows", "labels", "smallest label", "largest label", "with one"], spaceRows));
  const shared = (all: readonly SharedTexts[]) => all.map(({ a, b, texts, example }) => [String(texts), a, b, example]);
  section("Texts under labels of two spaces", ["texts", "label", "label", "example"], shared(identical.exact), "none");
  const more = sum(identical.normalized) - sum(identical.exact);
  if (more > 0) lines.push(`  ${more} more when case, spaces and punctuation are left out of account`);
  section("Texts under two labels of one space", ["texts", "label", "label", "example"], shared(conflicts), "none");
  section(
    "Training texts in the test data",
    ["train", "test", "exact", "normalised", "example"],
    leaks.map((leak) => [leak.train, leak.test, String(leak.exact), String(leak.normalized), leak.example]),
    "none",
  );
  section(
    "Labels that may mean the same",
    ["label", "label", "texts", "centroids"],
    aliases.map(({ a, b, identicalTexts, centroidSimilarity }) => [a, b, String(identicalTexts), centroidSimilarity?.toFixed(2) ?? ""]),
    "none",
  );
  const { perBatch, labelsPerBatch, samplesPerLabel } = falseNegatives;
  if (aliases.length > 0) {
    lines.push(
      `  In a mixed batch of ${labelsPerBatch} labels x ${samplesPerLabel}: ${perBatch.toFixed(1)} such pairs expected;`,
      "  suspected pairs (`combine`, `withSuspected`) are left out of the loss.",
    );
  }
  return `${lines.map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line).trimEnd()).join("\n")}\n`;
}

function sum(all: readonly SharedTexts[]): number {
  return all.reduce((total, { texts }) => total + texts, 0);
}

/** Columns padded to their widest cell; the widest are cut until a line fits. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const plain = [head, ...rows].map((row) => row.map((cell) => cell.replace(/\s+/g, " ")));
  const widths = head.map((_, i) => Math.max(...plain.map((row) => row[i]!.length)));
  const room = width - 2 - 2 * (head.length - 1);
  while (widths.reduce((total, each) => total + each, 0) > room) widths[widths.indexOf(Math.max(...widths))]!--;
  const line = (row: readonly string[]) => {
    const cells = row.map((cell, i) => {
      const space = widths[i]!;
      const cut = cell.length > space ? `${cell.slice(0, space - 1)}…` : cell;
      return /^[\d.]+$/.test(cell) ? cut.padStart(space) : cut.padEnd(space);
    });
    return `  ${cells.join("  ")}`;
  };
  return plain.map(line);
}
