// Times whole runs of `fit` beside a plain PyTorch loop of the same work, where PyTorch is installed.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { PeerProcess } from "../peer-process.js";
import { chosenCases, type FitCase, fitCases, isEncoderCase, type PeerName, wholeNumber } from "./cases.js";
import { type FitRow, fitRow, head, line, type RunFigures, sameWork } from "./report.js";
import type { WorkOptions } from "./work.js";

const usage = `Usage: npm run bench -- fit [options]

Times training with \`fit\` and with peers, in turn: the same data, batches in the same order, learning rates and threads. A peer is a plain PyTorch loop
of the same work; beside the head also Quaterion (Python), whose batch-hard loss is its own; beside encoder-cached sentence-transformers' cached loss.
Timed are all steps with their batches; encoding and tokens before and the model's export after are not. Each side of a case is a process of its own.

${fitCases.map(({ name, title, long }) => `  ${name.padEnd(20)} ${title}${long ? " (where it is named: minutes a round)" : ""}`).join("\n")}

  --only a,b          cases (default: all that can run); "cached" and "encoder" are both of a kind
  --model <folder>    a BERT model such as all-MiniLM-L6-v2, which the encoder cases need: against transformers, and PEFT, padded to each batch's longest text
  --data <csv>        its texts, columns text and label (repeat; default: the sets of the reference app)
  --rounds 3          rounds; in each, both train once from the same weights
  --steps <number>    steps of a run (default: ten epochs of head, 3 of cached, 10 of encoder, 1 of encoder-cached)
  --json <file>       the rows as JSON

Losses of the first two steps, without dropout, must agree to 0.5 %, or the peer is left out. Dropout in the runs is as the model's config says. The peer
trains the vectors of all words, as sentence-transformers does; \`fit\` those of the words that the data has.

PYTHON names the Python that has torch, transformers, peft and sentence-transformers (default: python3), QUATERION_PYTHON the one that has Quaterion
(quaterion==0.1.35 torch==2.0.1 pytorch-lightning==1.9.5 "numpy<1.25" "setuptools<70" on Python 3.10); without them ours is timed alone.`;

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
      console.log(`  ${one.name.padEnd(20)} left out: --model names a model's folder`);
      continue;
    }
    const folder = mkdtempSync(join(tmpdir(), "quaterion-bench-"));
    try {
      const found = await timed(one, { folder, threads, steps, model, files }, rounds);
      rows.push(...found);
      for (const row of found) console.log(line(row));
    } catch (error) {
      console.log(`  ${one.name.padEnd(20)} ours: ${(error as Error).message}`);
      process.exitCode = 1;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
  }
}

/** How each peer is started. */
const programs: Readonly<Record<PeerName, { readonly python: string; readonly file: string }>> = {
  PyTorch: { python: "PYTHON", file: "fit.py" },
  Quaterion: { python: "QUATERION_PYTHON", file: "fit-quaterion.py" },
  "sentence-transformers": { python: "PYTHON", file: "fit.py" },
};

/** A peer of a case, as far as it got. */
interface Peer {
  readonly name: PeerName;
  process: PeerProcess | undefined;
  problem?: string;
  readonly runs: RunFigures[];
}

/** All sides of a case, in turn; ours alone where a peer can't be started, fails, or does other work. */
async function timed(one: FitCase, work: WorkOptions, rounds: number): Promise<FitRow[]> {
  const worker = async () => {
    const made = new PeerProcess(process.execPath, [join(dirname(process.argv[1]!), "worker.cjs")]);
    await made.ask({ command: "prepare", name: one.name, options: work }, patienceMs);
    return made;
  };
  let ours = await worker();
  const peers = one.peers.map((name): Peer => ({ name, process: undefined, runs: [] }));
  const orNone = async (peer: Peer, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      peer.problem = (error as Error).message.slice(0, 160);
      peer.process?.end();
      peer.process = undefined;
    }
  };
  try {
    const { losses, rates } = await ours.ask<RunFigures & { rates: number[] }>({ command: "check" }, patienceMs);
    for (const peer of peers) {
      await orNone(peer, async () => {
        const { python, file } = programs[peer.name];
        const script = join(process.env["QUATERION_BENCH"]!, "src", "peers", file);
        peer.process = new PeerProcess(process.env[python] ?? "python3", [script, work.folder, String(work.threads)]);
        await peer.process.answer();
        const checked = await peer.process.ask<RunFigures>({ command: "check", rates }, patienceMs);
        // Kernels and layers differ in their last bits, which a step of AdamW enlarges. Quaterion holds its own loss against its formula.
        if (peer.name !== "Quaterion") sameWork(losses, checked.losses, 5e-3);
      });
    }
    // Anew, so that the first round compiles its graphs and the peak is that of the runs.
    ours.end();
    ours = await worker();
    const runs: RunFigures[] = [];
    for (let round = 0; round < rounds; round++) {
      runs.push(await ours.ask<RunFigures>({ command: "run" }, patienceMs));
      for (const peer of peers)
        if (peer.process)
          await orNone(peer, async () => void peer.runs.push(await peer.process!.ask<RunFigures>({ command: "run" }, patienceMs)));
    }
    return peers.map(({ name, runs: theirs, problem }) => fitRow(one, runs, theirs, problem, name));
  } finally {
    ours.end();
    for (const peer of peers) peer.process?.end();
  }
}

run().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
