// Times whole runs of `fit` beside a plain PyTorch loop of the same work, where PyTorch is installed.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { PeerProcess } from "../peer-process.js";
import { chosenCases, type FitCase, fitCases, isEncoderCase, wholeNumber } from "./cases.js";
import { type FitRow, fitRow, head, line, type RunFigures, sameWork } from "./report.js";
import type { WorkOptions } from "./work.js";

const usage = `Usage: npm run bench -- fit [options]

Times training with \`fit\` and a plain PyTorch loop of the same work, in turn: the same data, batches in the same order, learning rates and threads.
Timed are all steps with their batches; encoding and tokens before and the model's export after are not. Each side of a case is a process of its own.

${fitCases.map(({ name, title }) => `  ${name.padEnd(14)} ${title}`).join("\n")}

  --only a,b          cases (default: all that can run); "cached" and "encoder" are both of a kind
  --model <folder>    a BERT model such as all-MiniLM-L6-v2, which the encoder cases need: against transformers, and PEFT, padded to each batch's longest text
  --data <csv>        its texts, columns text and label (repeat; default: the sets of the reference app)
  --rounds 3          rounds; in each, both train once from the same weights
  --steps <number>    steps of a run (default: ten epochs of head, 3 of cached, 10 of encoder)
  --json <file>       the rows as JSON

Losses of the first two steps, without dropout, must agree to 0.5 %, or the peer is left out. Dropout in the runs is as the model's config says. The peer
trains the vectors of all words, as sentence-transformers does; \`fit\` those of the words that the data has.

PYTHON names the Python that has torch, transformers and peft (default: python3); without them ours is timed alone.`;

const options = parsed();
/** A step of 16,384 takes PyTorch long on a busy machine. */
const patienceMs = 1_800_000;

function parsed() {
  try {
    return parseArgs({
      options: {
        only: { type: "string" },
        model: { type: "string" },
        data: { type: "string", multiple: true },
        rounds: { type: "string", default: "3" },
        steps: { type: "string" },
        json: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(1);
  }
}

const embedded = ["bank", "assistant", "shop"].map((name) =>
  join(process.env["QUATERION_BENCH"]!, "..", "..", "apps", "reference", "data", name, "train.csv"),
);

async function run(): Promise<void> {
  if (options.help) return console.log(usage);
  const cases = chosenCases(options.only);
  const rounds = wholeNumber("rounds", options.rounds);
  const steps = options.steps === undefined ? undefined : wholeNumber("steps", options.steps);
  const files = (options.data ?? embedded).map((file) => resolve(file));
  const lost = files.find((file) => !existsSync(file));
  if (lost !== undefined) throw new Error(`--data: there is no ${lost}. Give a CSV file with the columns text and label.`);
  const model = options.model === undefined ? undefined : resolve(options.model);
  if (model !== undefined && !existsSync(join(model, "model.safetensors")))
    throw new Error(`--model: there is no model.safetensors in ${model}. Give a model's folder.`);
  if (model === undefined && options.only !== undefined && cases.every(isEncoderCase))
    throw new Error(`--only ${options.only} needs --model, the folder of a BERT model such as all-MiniLM-L6-v2.`);

  const threads = availableParallelism();
  console.log(`${cpus()[0]!.model}, ${threads} threads, Node ${process.version}\n${head}`);
  const rows: FitRow[] = [];
  for (const one of cases) {
    if (isEncoderCase(one) && model === undefined) {
      console.log(`  ${one.name.padEnd(14)} left out: --model names a model's folder`);
      continue;
    }
    const folder = mkdtempSync(join(tmpdir(), "quaterion-bench-"));
    try {
      rows.push(await timed(one, { folder, threads, steps, model, files }, rounds));
      console.log(line(rows.at(-1)!));
    } catch (error) {
      console.log(`  ${one.name.padEnd(14)} ours: ${(error as Error).message}`);
      process.exitCode = 1;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
  }
}

/** Both sides of a case, in turn; ours alone where the peer can't be started, fails, or does other work. */
async function timed(one: FitCase, work: WorkOptions, rounds: number): Promise<FitRow> {
  const worker = async () => {
    const made = new PeerProcess(process.execPath, [join(dirname(process.argv[1]!), "worker.cjs")]);
    await made.ask({ command: "prepare", name: one.name, options: work }, patienceMs);
    return made;
  };
  let ours = await worker();
  let peer: PeerProcess | undefined;
  let problem: string | undefined;
  const without = (error: unknown) => {
    problem = (error as Error).message.slice(0, 160);
    peer?.end();
    peer = undefined;
  };
  try {
    const { losses, rates } = await ours.ask<RunFigures & { rates: number[] }>({ command: "check" }, patienceMs);
    try {
      peer = new PeerProcess(process.env["PYTHON"] ?? "python3", [
        join(process.env["QUATERION_BENCH"]!, "src", "peers", "fit.py"),
        work.folder,
        String(work.threads),
      ]);
      await peer.answer();
      // Kernels and layers differ in their last bits, which a step of AdamW enlarges.
      sameWork(losses, (await peer.ask<RunFigures>({ command: "check", rates }, patienceMs)).losses, 5e-3);
    } catch (error) {
      without(error);
    }
    // Anew, so that the first round compiles its graphs and the peak is that of the runs.
    ours.end();
    ours = await worker();
    const [oursRuns, peerRuns]: [RunFigures[], RunFigures[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      oursRuns.push(await ours.ask<RunFigures>({ command: "run" }, patienceMs));
      try {
        if (peer) peerRuns.push(await peer.ask<RunFigures>({ command: "run" }, patienceMs));
      } catch (error) {
        without(error);
      }
    }
    return fitRow(one, oursRuns, peerRuns, problem);
  } finally {
    ours.end();
    peer?.end();
  }
}

run().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
