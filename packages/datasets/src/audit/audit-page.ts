import { checkOptions, nonEmptyString, positiveInteger } from "@quaterion/core";
import { auditFindings, count } from "./audit-findings.js";
import { type AuditTable, auditTables } from "./audit-tables.js";
import type { AuditReport } from "./report.js";

export interface AuditPageOptions {
  /** Heading of the page; default "What is in the data". */
  title?: string | undefined;
  /** Rows of a list that the page holds, at most; default 500. The JSON of the report has them all. */
  most?: number | undefined;
}

const open = 15;

/** An audit as one HTML page that needs nothing else: no script, no style sheet, no font from elsewhere. Texts of the data are escaped. */
export function auditPage(report: AuditReport, options: AuditPageOptions = {}): string {
  checkOptions("auditPage", options, { title: nonEmptyString, most: positiveInteger });
  const { title = "What is in the data", most = 500 } = options;
  const [sizes, ...lists] = auditTables(report);
  const tables = [...lists.flatMap((list) => [list, ...closer(list, report)])];
  const findings = auditFindings(report);
  const cards = findings.map(
    ({ weight, what, advice }) =>
      `<li class="${weight}"><strong>${escaped(what)}</strong> ${escaped(advice)} <span class="tag">${weight === "mend" ? "mend" : "look at"}</span></li>`,
  );
  const clean = lists.filter(({ rows }) => rows.length === 0).map(({ none }) => none);
  const body = [
    `<h1>${escaped(title)}</h1>`,
    `<section><h2>What to know</h2>${cards.length > 0 ? `<ul class="findings">${cards.join("")}</ul>` : "<p>Nothing stands out.</p>"}</section>`,
    section(sizes!, most),
    ...tables.filter(({ rows }) => rows.length > 0).map((table) => section(table, most)),
    clean.length > 0 ? `<p class="note">Looked for and not found: ${escaped(clean.join("; "))}.</p>` : "",
    `<p class="note">Nothing was changed or left out of the data.</p>`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body><main>
${body.filter((part) => part !== "").join("\n")}
</main></body>
</html>
`;
}

/** What a page has room for and a terminal has not: each text, and where it is. Rows of a set count from 1 here. */
function closer({ title }: AuditTable, report: AuditReport): AuditTable[] {
  const place = ({ set, row }: { set: string; row: number }) => `${set} ${count(row + 1)}`;
  const kinds = { exact: "same", normalized: "spelling", near: "nearly" };
  const list = (head: readonly string[], rows: string[][], of: string, note: string): AuditTable[] =>
    rows.length === 0 ? [] : [{ title: of, note, head, rows, none: "" }];
  if (title.startsWith("Test texts"))
    return list(
      ["how", "test text", "label", "training text", "label"],
      report.leaks.flatMap(({ test: to, train: from, texts }) =>
        texts.map(({ kind, test, train }) => [
          kinds[kind],
          `${test.text} (${place({ set: to, row: test.row })})`,
          test.labels.join(", "),
          `${train.text} (${place({ set: from, row: train.row })})`,
          train.labels.join(", "),
        ]),
      ),
      "Some of them, side by side",
      "Up to twenty of each pair of sets; in brackets the set and the number of the example in its file, from 1.",
    );
  if (title.startsWith("Texts with two labels"))
    return list(
      ["text", "label", "other label", "where"],
      report.conflicts.flatMap(({ a, b, places }) => places.map(({ text, rows }) => [text, a, b, rows.map(place).join(", ")])),
      "Where they are",
      "The set and the number of the example in its file, from 1.",
    );
  if (title.startsWith("Texts that may be labelled wrong"))
    return list(
      ["where", "text", "labelled", "its most similar texts"],
      (report.neighbors?.disputed ?? []).map((each) => [
        place(each),
        each.text,
        each.label,
        each.neighbors.map(({ text, label }) => `${text} [${label}]`).join(" · "),
      ]),
      "Why",
      "In square brackets: the label that the similar text carries.",
    );
  return [];
}

function section({ title, note, head, rows }: AuditTable, most: number): string {
  const shown = rows.slice(0, most);
  const more = rows.length > most ? `<p class="note">and ${count(rows.length - most)} more, in the JSON file</p>` : "";
  const rest =
    shown.length > open
      ? `<details><summary>${count(shown.length - open)} more</summary>${table(title, head, shown.slice(open))}${more}</details>`
      : more;
  return `<section><h2>${escaped(title)}</h2><p class="note">${escaped(note)}</p>${table(title, head, shown.slice(0, open))}${rest}</section>`;
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => `<td${/^[\d.,]+( %)?$/.test(text) ? ' class="number"' : ""}>${escaped(text)}</td>`;
  const heads = head.map((text) => `<th scope="col">${escaped(text)}</th>`).join("");
  const lines = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n");
  return `<div class="scroll"><table aria-label="${escaped(title)}"><thead><tr>${heads}</tr></thead><tbody>${lines}</tbody></table></div>`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => entities[sign]!);
}

const style = `
:root { color-scheme: light dark; --line: #8884; --mend: #c0392b; --look: #b7791f; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .25rem; }
.note { opacity: .75; margin: .25rem 0 .75rem; }
.findings { list-style: none; padding: 0; }
.findings li { border-left: 4px solid var(--look); background: var(--soft); padding: .6rem .9rem; margin: .5rem 0; }
.findings li.mend { border-color: var(--mend); }
.tag { font-size: .8rem; border: 1px solid var(--line); border-radius: 1rem; padding: 0 .5rem; white-space: nowrap; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
summary { cursor: pointer; padding: .4rem 0; }
`;
