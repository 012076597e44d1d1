// What gradient checkpointing saves of memory and costs in time: steps of a transformer on long texts, each setting in a process of its own.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const usage = `Usage: npm run bench -- checkpointing --model <folder> [options]

Trains all weights of a transformer for some steps, with and without gradient checkpointing.

  --model <folder>    a model for trainableTextEncoder, or a name on the hub
  --texts 32          texts in a batch
  --tokens 256        tokens of each
  --dropout 0         share that is dropped; masks of attention take memory of their own
  --steps 4           steps; the first one, which compiles, is not timed
  --segments none,2,all   settings
  --json <file>       the figures as JSON`;

const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    texts: { type: "string", default: "32" },
    tokens: { type: "string", default: "256" },
    dropout: { type: "string", default: "0" },
    steps: { type: "string", default: "4" },
    segments: { type: "string", default: "none,2,all" },
    json: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});
if (options.help || options.model === undefined) {
  console.log(usage);
  process.exit(options.help ? 0 : 1);
}

/** What the worker prints. */
interface Figures {
  readonly stepMs: number;
  readonly peakMiB: number;
  readonly losses: readonly number[];
}

const { model, texts, tokens, dropout, steps } = options;
const worker = join(process.env["QUATERION_BENCH"]!, "dist/checkpointing/worker.cjs");
const figures = options.segments.split(",").map((segments) => {
  const { status, stdout } = spawnSync(process.execPath, [worker, model, texts, tokens, dropout, steps, segments], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The worker for segments ${segments} ended with ${status}.`);
  return { segments, ...(JSON.parse(stdout) as Figures) };
});
console.log(`${model}, ${texts} texts of ${tokens} tokens, dropout ${dropout}`);
console.log("segments   ms a step   peak MiB   last loss");
for (const { segments, stepMs, peakMiB, losses } of figures)
  console.log(
    `${segments.padEnd(8)} ${stepMs.toFixed(0).padStart(11)} ${peakMiB.toFixed(0).padStart(10)} ${losses.at(-1)!.toFixed(5).padStart(11)}`,
  );
if (options.json) writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`);
