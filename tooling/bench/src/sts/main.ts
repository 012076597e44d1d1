// Sentence pairs with graded scores: what training an encoder on them gives, beside sentence-transformers' own trainer.
import { existsSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { EmbeddingModel } from "@quaterion/core";
import type { Loss } from "@quaterion/core/training";
import { scored } from "@quaterion/datasets";
import { textEncoder } from "@quaterion/encoders";
import { trainableTextEncoder } from "@quaterion/encoders/trainable";
import { pairSimilarities, spearman } from "@quaterion/evaluation";
import { coSENT, cosineSimilarity } from "@quaterion/losses";
import { adamW, fit } from "@quaterion/trainer";
import { wholeNumber } from "../fit/cases.js";
import { PeerProcess } from "../peer-process.js";
import { readSts, type StsPair } from "./pairs.js";
import { type StsRow, stsTable } from "./report.js";

const usage = `Usage: npm run bench -- sts --model <folder> --data <folder> [options]

Trains all weights of a sentence encoder on STS-B's pairs with \`fit\`, and with sentence-transformers' trainer from the same weights: by the same steps, and by
as many as it makes in the time that ours took. Spearman's correlation of cosines with the scores, on dev and test, before and after. Both sides cut gradients
to length 1 and decay no weights.

  --model <folder>    a BERT model such as all-MiniLM-L6-v2
  --data <folder>     stsb-en-train.csv, stsb-en-dev.csv, stsb-en-test.csv: two sentences and a score of 0 to 5, no header line
  --loss coSENT       or cosineSimilarity; the peer's are CoSENTLoss and CosineSimilarityLoss
  --batch 16          pairs in a batch
  --epochs 1          times through the pairs
  --rate 5e-5         highest learning rate, up over a tenth of the steps, then down to 0
  --seed 1            decides batches and dropout
  --peer steps,time   the peer's runs: as many steps, as much time; "none" for ours alone
  --measured 360,102  steps and seconds that ours took in an earlier run: the peer's runs alone
  --json <file>       the rows as JSON

PYTHON names the Python that has sentence-transformers, datasets and accelerate (default: python3); without them ours runs alone.`;

const losses = { coSENT, cosineSimilarity };
const peerLosses = { coSENT: "CoSENTLoss", cosineSimilarity: "CosineSimilarityLoss" };
/** A run of the peer may take long on a busy machine. */
const patienceMs = 3_600_000;

const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    data: { type: "string" },
    loss: { type: "string", default: "coSENT" },
    batch: { type: "string", default: "16" },
    epochs: { type: "string", default: "1" },
    rate: { type: "string", default: "5e-5" },
    seed: { type: "string", default: "1" },
    peer: { type: "string", default: "steps,time" },
    measured: { type: "string" },
    json: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});

/** Pairs that correlations are taken on. */
interface Held {
  readonly dev: readonly StsPair[];
  readonly test: readonly StsPair[];
}

async function run(): Promise<void> {
  if (options.help) return console.log(usage);
  const { model: folder, data, loss: name } = options;
  if (folder === undefined || !existsSync(join(folder, "model.safetensors")))
    throw new Error(`--model must name the folder of a model with model.safetensors; received ${folder ?? "nothing"}.`);
  if (data === undefined) throw new Error("--data must name the folder of STS-B's files; received nothing.");
  if (name !== "coSENT" && name !== "cosineSimilarity") throw new Error(`--loss must be coSENT or cosineSimilarity; received "${name}".`);
  const rate = Number(options.rate);
  if (!(rate > 0 && rate < 1)) throw new Error(`--rate must be a learning rate such as 5e-5; received "${options.rate}".`);
  const [batch, epochs, seed] = (["batch", "epochs", "seed"] as const).map((option) => wholeNumber(option, options[option]));
  const train = await readSts(data, "train");
  const held: Held = { dev: await readSts(data, "dev"), test: await readSts(data, "test") };
  const model = resolve(folder);
  console.log(`${cpus()[0]!.model}, ${availableParallelism()} threads, Node ${process.version}; ${train.length} pairs, ${name}`);

  const rows: StsRow[] = [];
  const add = (row: StsRow) => {
    rows.push(row);
    console.log(stsTable([row]).split("\n").at(-1));
    if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
  };
  const settings = { train, loss: losses[name](), batch: batch!, epochs: epochs!, rate, seed: seed! };
  const ours = options.measured === undefined ? await trainOurs(model, settings, held, add) : measured(options.measured);

  const wanted = options.peer.split(",").filter((kind) => kind === "steps" || kind === "time");
  if (wanted.length === 0) return;
  let peer: PeerProcess | undefined;
  try {
    peer = new PeerProcess(process.env["PYTHON"] ?? "python3", [join(process.env["QUATERION_BENCH"]!, "src", "peers", "sts.py")]);
    await peer.ask({ model, train, ...held, batch, rate, seed, loss: peerLosses[name], threads: availableParallelism() }, patienceMs);
    for (const kind of wanted) {
      const limit = kind === "steps" ? { steps: ours.steps } : { seconds: ours.seconds };
      const made = await peer.ask<{ steps: number; seconds: number; dev: number[]; test: number[] }>(limit, patienceMs);
      const judged = (part: keyof Held) => spearman(made[part], scoresOf(held[part]));
      const title = `sentence-transformers, the same ${kind}`;
      add({ model: title, steps: made.steps, seconds: made.seconds, dev: judged("dev"), test: judged("test") });
    }
  } catch (error) {
    console.log(`sentence-transformers left out: ${(error as Error).message.slice(0, 200)}`);
  } finally {
    peer?.end();
  }
  console.log(`\n${stsTable(rows)}`);
}

interface Settings {
  readonly train: readonly StsPair[];
  readonly loss: Loss;
  readonly batch: number;
  readonly epochs: number;
  readonly rate: number;
  readonly seed: number;
}

/** Judges the encoder as it is, trains it, and judges it again. */
async function trainOurs(model: string, { train, loss, batch, epochs, rate, seed }: Settings, held: Held, add: (row: StsRow) => void) {
  add({ model: "untrained", steps: 0, seconds: 0, ...(await correlations(await textEncoder(model), held)) });
  const trained = await fit({
    data: scored(train, { a: "a", b: "b", score: "score", range: [0, 5] }),
    encoder: await trainableTextEncoder(model),
    loss,
    epochs,
    labelsPerBatch: batch, // pairs, of two samples each
    samplesPerLabel: 2,
    groups: { encoder: { learningRate: rate } },
    clipNorm: 1, // what the peer's trainer does, and it decays nothing
    optimizer: adamW({ weightDecay: 0 }),
    seed,
    engine: "onnxruntime",
  });
  const { encoding, engine, training } = trained.report.seconds;
  const ours = { steps: trained.report.steps, seconds: encoding + engine + training };
  add({ model: "fit", ...ours, ...(await correlations(trained.model, held)) });
  return ours;
}

function measured(text: string): { steps: number; seconds: number } {
  const [steps, seconds] = text.split(",").map(Number);
  if (!(Number.isInteger(steps) && steps! > 0 && seconds! > 0))
    throw new Error(`--measured must be steps and seconds, such as 360,102; received "${text}".`);
  return { steps: steps!, seconds: seconds! };
}

const scoresOf = (pairs: readonly StsPair[]) => pairs.map(({ score }) => score);

async function correlations(model: EmbeddingModel<string>, held: Held): Promise<Pick<StsRow, "dev" | "test">> {
  const of = async (pairs: readonly StsPair[]) => {
    const [a, b] = [await model.encode(pairs.map(({ a }) => a)), await model.encode(pairs.map(({ b }) => b))];
    return spearman(pairSimilarities(a, b, model.dim), scoresOf(pairs));
  };
  return { dev: await of(held.dev), test: await of(held.test) };
}

run().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
