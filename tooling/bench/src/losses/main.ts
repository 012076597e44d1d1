// Times every loss with its gradients beside the same loss of the Python libraries, where they are installed.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "@quaterion/core";
import { PeerProcess } from "../peer-process.js";
import { printProfile } from "../profile-tables.js";
import { type LossCase, lossCases, type Size, samplesOfClass } from "./cases.js";
import { head, type LossRow, line, median, type PeerFigures, summary } from "./report.js";

const usage = `Usage: npm run bench -- losses [options]

Times each loss, forward and gradient, on this package's backend and in pytorch-metric-learning or sentence-transformers, in turn, on the same numbers:
a batch of anchors that are the candidates, ${samplesOfClass} of each label, or of given pairs.

  --only a,b          losses (default: all)
  --rows 512,2048     batches
  --dim 128           width of the embeddings
  --rounds 5          rounds; in each, both do a few steps
  --growth            instead: our time and peak memory at 512, 1,024, … 8,192 rows, each in a process of its own
  --profile           instead: where the time of our own step goes, by node
  --json <file>       the rows as JSON

PYTHON names the Python that has the libraries (default: python3); without them ours is timed alone. What takes a peer more than half of the memory is left out.`;

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    rows: { type: "string", default: "512,2048" },
    dim: { type: "string", default: "128" },
    rounds: { type: "string", default: "5" },
    growth: { type: "boolean" },
    profile: { type: "boolean" },
    json: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});

const worker = join(dirname(process.argv[1]!), "worker.cjs");
const growthRows = [512, 1024, 2048, 4096, 8192];
/** A loss whose first step takes longer than this is not tried at the next size. */
const longestMs = 20_000;

interface Prepared {
  readonly loss: number;
  readonly firstMs: number;
  readonly runs: number;
  readonly fallbacks: readonly string[];
  readonly library: string;
  readonly none?: boolean;
}

interface Timed {
  readonly times: readonly number[];
  readonly peakMiB: number;
}

/** The Python process, begun when it is first asked for and again after it failed. */
class Peer {
  #process: PeerProcess | undefined;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async prepare(name: string, size: Size): Promise<Prepared> {
    this.#process ??= new PeerProcess(process.env["PYTHON"] ?? "python3", [
      join(process.env["QUATERION_BENCH"]!, "src", "peers", "losses.py"),
      this.#folder,
      String(availableParallelism()),
      String(samplesOfClass),
      String(totalmem() / 2 ** 31),
    ]);
    try {
      return await this.#process.ask<Prepared>({ command: "prepare", name, size });
    } catch (error) {
      this.end(); // what did not fit may have left something behind
      throw error;
    }
  }

  async times(count: number): Promise<readonly number[]> {
    try {
      return (await this.#process!.ask<Timed>({ command: "steps", count })).times;
    } catch (error) {
      this.end();
      throw error;
    }
  }

  end(): void {
    this.#process?.end();
    this.#process = undefined;
  }
}

async function run(): Promise<void> {
  if (options.help) return console.log(usage);
  const only = options.only?.split(",");
  const all = lossCases();
  const unknown = only?.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new Error(`--only: there is no loss "${unknown}"; expected some of ${all.map(({ name }) => name).join(", ")}.`);
  const wanted = all.filter(({ name }) => only?.includes(name) ?? true);
  const sizes = (options.growth ? growthRows : options.rows.split(",").map(Number)).map((rows) => ({ rows, dim: Number(options.dim) }));
  const wrong = sizes.find(({ rows, dim }) => !(Number.isInteger(rows / samplesOfClass) && rows > 0 && Number.isInteger(dim) && dim > 0));
  if (wrong)
    throw new Error(`--rows must be multiples of ${samplesOfClass} and --dim a whole number; received ${wrong.rows} and ${wrong.dim}.`);
  const rounds = Number(options.rounds);
  if (!(rounds >= 1)) throw new Error(`--rounds must be a number from 1; received ${options.rounds}.`);

  console.log(`${cpus()[0]!.model}, ${availableParallelism()} threads, Node ${process.version}\n${head}`);
  const folder = mkdtempSync(join(tmpdir(), "quaterion-bench-"));
  const peer = new Peer(folder);
  const rows: LossRow[] = [];
  try {
    writeNumbers(folder, Math.max(...sizes.map(({ rows, dim }) => rows * dim)));
    for (const one of wanted) {
      for (const size of sizes) {
        let row: LossRow;
        try {
          row = await timeLoss(one, size, { folder, rounds, peer: options.growth || options.profile ? undefined : peer });
        } catch (error) {
          // It did not fit into memory, most likely: a larger batch will not either.
          console.log(`  ${one.name.padEnd(34)} ${String(size.rows).padStart(5)}   ours: ${(error as Error).message.slice(0, 80)}`);
          process.exitCode = 1;
          break;
        }
        rows.push(row);
        console.log(line(row));
        if (row.firstMs > longestMs) break;
      }
    }
  } finally {
    peer.end();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(summary(rows));
  if (options.json) writeFileSync(options.json, JSON.stringify(rows, null, 2));
}

/** Draws the matrices that every engine reads; the one of the parameters holds several vectors for each class. */
function writeNumbers(folder: string, count: number): void {
  const random = new Random(1);
  for (const [name, size] of Object.entries({ a: count, b: count, c: count, d: count, weights: 2 * count })) {
    const numbers = Float32Array.from({ length: size }, () => random.normal());
    writeFileSync(join(folder, `${name}.f32`), Buffer.from(numbers.buffer));
  }
}

async function timeLoss(one: LossCase, size: Size, context: { folder: string; rounds: number; peer: Peer | undefined }): Promise<LossRow> {
  const { folder, rounds, peer } = context;
  const profileFolder = options.profile ? mkdtempSync(join(tmpdir(), "quaterion-profile-")) : undefined;
  const ours = new PeerProcess(process.execPath, [worker, folder], profileFolder === undefined ? {} : { QUATERION_PROFILE: profileFolder });
  try {
    const { loss: value, firstMs, runs, fallbacks } = await ours.ask<Prepared>({ command: "prepare", name: one.name, size });
    let theirs: Prepared | undefined;
    let problem: string | undefined;
    try {
      theirs = await peer?.prepare(one.name, size);
    } catch (error) {
      problem = (error as Error).message.slice(0, 80);
    }
    let hasPeer = theirs !== undefined && !theirs.none;
    const [times, peerTimes]: [number[], number[]] = [[], []];
    let peakMiB = 0;
    const slower = Math.max(firstMs, theirs?.firstMs ?? 0);
    const count = slower > 500 ? 1 : 4;
    for (let round = 0; round < (slower > 5000 ? 1 : rounds); round++) {
      const timed = await ours.ask<Timed>({ command: "steps", count });
      times.push(...timed.times);
      peakMiB = timed.peakMiB;
      if (!hasPeer) continue;
      try {
        peerTimes.push(...(await peer!.times(count)));
      } catch (error) {
        problem = (error as Error).message.slice(0, 80);
        hasPeer = peerTimes.length > 0;
        break;
      }
    }
    if (profileFolder !== undefined) {
      await ours.ask({ command: "profile" });
      printProfile(`${one.name}, ${size.rows} rows`, profileFolder, times.length + 3, median(times));
    }
    const figures: PeerFigures | undefined = hasPeer
      ? { library: theirs!.library, medianMs: median(peerTimes), minMs: Math.min(...peerTimes), value: theirs!.loss }
      : undefined;
    const [medianMs, minMs] = [median(times), Math.min(...times)];
    return {
      name: one.name,
      ...size,
      medianMs,
      minMs,
      firstMs,
      peakMiB,
      value,
      graphs: runs,
      fallbacks,
      peer: figures,
      peerProblem: problem,
      ratio: figures && medianMs / figures.medianMs,
      minRatio: figures && minMs / figures.minMs,
    };
  } finally {
    ours.end();
    if (profileFolder !== undefined) rmSync(profileFolder, { recursive: true, force: true });
  }
}

run().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
