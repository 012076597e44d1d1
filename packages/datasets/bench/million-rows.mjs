// Writes a million rows in each format, streams them, and makes samples of the stream: time and peak memory of each, in a process of its own.
// node bench/million-rows.mjs [rows]
import { execFileSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";
import { labeled, streamCsv, streamJson, streamJsonLines, streamParquet } from "@quaterion/datasets";

const names = ["train.csv", "train.tsv.gz", "train.jsonl", "train.json", "train.parquet"];
const text = (i) => `where is my card number ${i}, I have been waiting for it since day ${i % 365}`;
const label = (i) => `label ${i % 1000}`;

const streamOf = (path) => {
  if (/\.(csv|tsv\.gz)$/.test(path)) return streamCsv(path);
  if (path.endsWith(".jsonl")) return streamJsonLines(path);
  return path.endsWith(".json") ? streamJson(path) : streamParquet(path);
};

const write = {
  *".csv"(rows) {
    yield "text,label,other\n";
    for (let i = 0; i < rows; i++) yield `"${text(i)}",${label(i)},${"x".repeat(40)}\n`;
  },
  *".gz"(rows) {
    yield "text\tlabel\tother\n";
    for (let i = 0; i < rows; i++) yield `${text(i)}\t${label(i)}\t${"x".repeat(40)}\n`;
  },
  *".jsonl"(rows) {
    for (let i = 0; i < rows; i++) yield `${JSON.stringify({ text: text(i), label: label(i), other: "x".repeat(40) })}\n`;
  },
  *".json"(rows) {
    yield '{"version": 1, "data": [';
    for (let i = 0; i < rows; i++) yield `${i ? "," : ""}${JSON.stringify({ text: text(i), label: label(i), other: "x".repeat(40) })}`;
    yield "]}";
  },
};

const [task, path, count] = process.argv.slice(2);
if (task === "read" || task === "labeled") {
  let rows = 0;
  if (task === "read") for await (const row of streamOf(path)) rows += row.label ? 1 : 0;
  else rows = (await labeled(streamOf(path), { value: "text", label: "label" })).values.length;
  const { user, system } = process.cpuUsage();
  const line = `${rows.toLocaleString("en").padStart(11)} rows ${((user + system) / 1e6).toFixed(1).padStart(6)} s ${(process.resourceUsage().maxRSS / 1024).toFixed(0).padStart(6)} MB`;
  process.stdout.write(line);
} else if (task === "write") {
  const rows = Number(count);
  if (path.endsWith(".parquet")) {
    const { fileWriter, parquetWriteRows } = await import("hyparquet-writer");
    const records = (function* () {
      for (let i = 0; i < rows; i++) yield { text: text(i), label: label(i), other: "x".repeat(40) };
    })();
    const columns = ["text", "label", "other"].map((name) => ({ name, type: "STRING" }));
    await parquetWriteRows({ writer: fileWriter(path), rows: records, columns, rowGroupSize: 100_000 });
  } else {
    const lines = write[path.slice(path.lastIndexOf("."))](rows);
    await pipeline(lines, ...(path.endsWith(".gz") ? [createGzip({ level: 1 })] : []), createWriteStream(path));
  }
} else {
  const rows = Number(task ?? 1_000_000);
  const self = fileURLToPath(import.meta.url);
  const run = (...args) => execFileSync(process.execPath, [self, ...args], { encoding: "utf8" });
  const folder = await mkdtemp(join(tmpdir(), "million-rows-"));
  try {
    for (const name of names) {
      const file = join(folder, name);
      run("write", file, String(rows));
      const size = `${((await stat(file)).size / 1e6).toFixed(0).padStart(4)} MB on disk`;
      console.log(`${name.padEnd(14)} ${size} | streamed: ${run("read", file)} | labeled(stream): ${run("labeled", file)}`);
      await rm(file);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
