// Times the audit of synthetic texts: exact and normalised leaks, conflicts and shared texts, and what vectors add.
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { Random } from "@quaterion/core";
import { auditData, auditPage, formatAudit, labeled } from "@quaterion/datasets";

const usage = `Usage: npm run bench -- audit [options]

Times auditData on made-up sentences: three training sets with labels of their own and a test set for each, of which some texts are copies.

  --texts 1000000     texts in all, a tenth of them in the test sets
  --labels 300        labels of each set
  --dim 0             also compares vectors of this length (random ones)
  --json <file>       the figures as JSON`;

const { values: options } = parseArgs({
  options: {
    texts: { type: "string", default: "1000000" },
    labels: { type: "string", default: "300" },
    dim: { type: "string", default: "0" },
    json: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});
if (options.help) {
  console.log(usage);
  process.exit(0);
}

const [texts, labels, dim] = [Number(options.texts), Number(options.labels), Number(options.dim)];
const random = new Random(1);
const words = Array.from({ length: 5000 }, () =>
  Array.from({ length: 2 + random.integer(7) }, () => "abcdefghijklmnopqrstuvwxyz"[random.integer(26)]).join(""),
);
const sentence = () => {
  const text = Array.from({ length: 4 + random.integer(12) }, () => words[random.integer(words.length)]).join(" ");
  return `${text[0]!.toUpperCase()}${text.slice(1)}${"?.!"[random.integer(3)]}`;
};
/** One text in fifty is a copy of an earlier one, half of these in capitals and without its last sign. */
const pool: string[] = [];
const text = () => {
  if (pool.length > 100 && random.integer(50) === 0) {
    const copy = pool[random.integer(pool.length)]!;
    return random.integer(2) ? copy : copy.toUpperCase().slice(0, -1);
  }
  const made = sentence();
  pool.push(made);
  return made;
};
const set = (rows: number) =>
  labeled(
    Array.from({ length: rows }, () => ({ text: text(), label: `label ${random.integer(labels)}` })),
    { value: "text", label: "label" },
  );
const sets = (total: number) => ({ a: set(Math.round(total * 0.5)), b: set(Math.round(total * 0.3)), c: set(Math.round(total * 0.2)) });
const [train, test] = [sets(texts * 0.9), sets(texts * 0.1)];
const vectors = (data: ReturnType<typeof sets>) =>
  Object.fromEntries(
    Object.entries(data).map(([name, { values }]) => [
      name,
      Float32Array.from({ length: values.length * dim }, () => random.uniform() - 0.5),
    ]),
  );
const embeddings = dim > 0 ? { train: vectors(train), test: vectors(test) } : undefined;

const started = performance.now();
const report = auditData({ train, test }, { embeddings });
const seconds = (performance.now() - started) / 1000;
const page = auditPage(report);
console.log(formatAudit(report));
const figures = {
  texts,
  dim,
  seconds,
  leaks: report.leaks.reduce((sum, { rows }) => sum + rows.length, 0),
  conflicts: report.conflicts.reduce((sum, each) => sum + each.texts, 0),
  pageBytes: page.length,
  peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  machine: `${cpus()[0]?.model}, ${availableParallelism()} threads, Node ${process.version}`,
};
console.log(figures);
if (options.json) writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`);
