import { auditFindings } from "./audit-findings.js";
import { auditTables } from "./audit-tables.js";
import type { AuditReport } from "./report.js";

const width = 100;
const listed = 10;

/**
 * An audit as plain text for a terminal, at most 100 columns wide: the sizes, what to know in plain words, and the lists. Long lists show their
 * first ten and say how many more there are.
 */
export function formatAudit(report: AuditReport): string {
  const [sizes, ...tables] = auditTables(report);
  const lines: string[] = [sizes!.title, ...table(sizes!.head, sizes!.rows)];
  const findings = auditFindings(report);
  lines.push("", "What to know", ...(findings.length === 0 ? ["  Nothing stands out."] : []));
  for (const { what, advice } of findings) lines.push(...wrapped(`${what} ${advice}`, "  - ", "    "));
  for (const { title, note, head, rows } of tables) {
    if (rows.length === 0) continue;
    lines.push("", title, ...wrapped(note, "  ", "  "), ...table(head, rows.slice(0, listed)));
    if (rows.length > listed) lines.push(`  and ${(rows.length - listed).toLocaleString("en-US")} more`);
  }
  const clean = tables.filter(({ rows }) => rows.length === 0).map(({ none }) => none);
  if (clean.length > 0) lines.push("", ...wrapped(`Looked for and not found: ${clean.join("; ")}.`, "", "  "));
  return `${lines.map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line).trimEnd()).join("\n")}\n`;
}

function wrapped(text: string, first: string, next: string): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.replace(/\s+/g, " ").split(" ")) {
    const fresh = line === first || line === next;
    if (!fresh && line.length + 1 + word.length > width) {
      lines.push(line);
      line = next + word;
    } else line += fresh ? word : ` ${word}`;
  }
  return [...lines, line];
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
      return /^[\d.,]+$/.test(cell) ? cut.padStart(space) : cut.padEnd(space);
    });
    return `  ${cells.join("  ")}`;
  };
  return plain.map(line);
}
