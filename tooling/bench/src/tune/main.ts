// What each part of the reference app's fine-tuning is worth: the same training without it, asked about texts held out of training.
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { openCache } from "@quaterion/cache";
import { cachedEncoder, type EmbeddingModel, type TrainingData } from "@quaterion/core";
import { nearestLabels, withNeighbors } from "@quaterion/datasets";
import { textEncoder } from "@quaterion/encoders";
import { trainableTextEncoder } from "@quaterion/encoders/trainable";
import { supervisedContrastive } from "@quaterion/losses";
import { logistic, logisticVote } from "@quaterion/serving";
import { fit } from "@quaterion/trainer";
import { answersOf } from "../labels/answers.js";
import { combined, namedTask, newClassesTask, setsTask, type Task } from "../labels/label-sets.js";
import { heldOutTask } from "./held-out.js";

const usage = `Usage: npm run bench -- tune --model <folder> --data <folder> [options]

Fine-tunes an encoder on few examples a label of several sets, as the reference app does, and again without label names, without hard labels together and
without token dropout; accuracy with logistic regression alone, and with the vote beside it.

  --model <folder>        a transformer with model.safetensors
  --data <folder>         a set: train.csv, train_10.csv, …, test.csv (repeat)
  --shots 10              examples a label
  --on held-out           "held-out": training texts that are not learned from; or "test"
  --new-classes           train on every other label, ask test texts of the others, whose examples are references only
  --most 3000             texts asked of each set, at most
  --train all             or "lora"
  --only <text>           only trainings whose name holds this text (repeat)
  --together 4            hard labels that come into batches together
  --token-dropout 0.2     share of tokens left out
  --epochs 9              passes over the data
  --learning-rate <n>     of the encoder
  --temperature 0.05      of the loss
  --seeds 1               such as 1,2,3
  --json <file>`;

const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    data: { type: "string", multiple: true },
    shots: { type: "string", default: "10" },
    on: { type: "string", default: "held-out" },
    "new-classes": { type: "boolean", default: false },
    most: { type: "string", default: "3000" },
    train: { type: "string", default: "all" },
    only: { type: "string", multiple: true },
    together: { type: "string", default: "4" },
    "token-dropout": { type: "string", default: "0.2" },
    epochs: { type: "string", default: "9" },
    "learning-rate": { type: "string" },
    temperature: { type: "string", default: "0.05" },
    seeds: { type: "string", default: "1" },
    json: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});

interface Training {
  readonly name: string;
  readonly named: boolean;
  readonly together: number;
  readonly tokenDropout: number;
}

const { together, tokenDropout } = { together: Number(options.together), tokenDropout: Number(options["token-dropout"]) };
const trainings: readonly Training[] = [
  { name: "as the app does", named: true, together, tokenDropout },
  { name: "no token dropout", named: true, together, tokenDropout: 0 },
  { name: "labels at random", named: true, together: 1, tokenDropout },
  { name: "no label names", named: false, together, tokenDropout },
  { name: "none of the three", named: false, together: 1, tokenDropout: 0 },
];
const rules = [logistic(), logisticVote()];

async function run(): Promise<void> {
  const { model, data: folders = [] } = options;
  if (options.help) return console.log(usage);
  if (model === undefined || folders.length === 0) throw new Error(`--model and --data are missing.\n\n${usage}`);
  oneOf("on", ["held-out", "test"]);
  oneOf("train", ["all", "lora"]);
  const chosen = trainings.filter(({ name }) => options.only?.some((text) => name.includes(text)) ?? true);
  if (chosen.length === 0)
    throw new Error(`--only ${options.only!.join(", ")} names no training. They are: ${trainings.map(({ name }) => name).join("; ")}.`);
  console.log(`${cpus()[0]!.model}, ${availableParallelism()} threads, Node ${process.version}; ${model}, --train ${options.train}`);
  const cache = await openCache();
  const rows: object[] = [];
  try {
    const plain = await (options["new-classes"] ? newClassesTask : setsTask)(folders, options.shots);
    const asIs = options.on === "test" || options["new-classes"];
    const task = asIs ? plain : await heldOutTask(plain, folders, Number(options.most));
    const pretrained = cachedEncoder(await textEncoder(model), cache);
    console.log(`${task.name}\nuntrained, ${shown(await accuracies(pretrained, namedTask(task), logisticVote(), 1))}`);
    for (const training of chosen) {
      const on = training.named ? namedTask(task) : task;
      for (const seed of options.seeds.split(",").map(Number)) {
        const { tuned, seconds } = await tune(training, combined(on.learned ?? on.train), (values) => pretrained.encode(values), seed);
        for (const rule of rules) {
          const accuracy = await accuracies(tuned, on, rule, seed);
          rows.push({ ...training, seed, rule: rule.name, accuracy, seconds });
          console.log(`${training.name}, seed ${seed}, ${rule.name}: ${shown(accuracy)} (trained ${seconds.toFixed(0)} s)`);
        }
      }
    }
  } finally {
    await cache.close();
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
}

async function tune(
  training: Training,
  data: TrainingData<string>,
  encode: (values: readonly string[]) => Promise<Float32Array>,
  seed: number,
) {
  const hard =
    training.together > 1 ? withNeighbors(data, nearestLabels(data, await encode(data.values)), { together: training.together }) : data;
  const { model: tuned, report } = await fit({
    data: hard,
    encoder: await trainableTextEncoder(options.model!, { train: options.train as "all" | "lora", tokenDropout: training.tokenDropout }),
    loss: supervisedContrastive({ temperature: Number(options.temperature) }),
    epochs: Number(options.epochs),
    ...(options["learning-rate"] && { groups: { encoder: { learningRate: Number(options["learning-rate"]) } } }),
    engine: "onnxruntime",
    seed,
  });
  return { tuned, seconds: report.seconds.training };
}

function oneOf(name: "on" | "train", known: readonly string[]): void {
  if (!known.includes(options[name])) throw new Error(`--${name} must be ${known.join(" or ")}; received ${options[name]}.`);
}

function shown(accuracy: readonly number[]): string {
  const mean = accuracy.reduce((sum, each) => sum + each, 0) / accuracy.length;
  return `${accuracy.map((each) => each.toFixed(2)).join(" / ")}, mean ${mean.toFixed(2)}`;
}

async function accuracies(model: EmbeddingModel<string>, task: Task, rule: (typeof rules)[number], seed: number) {
  const names = Object.keys(task.test);
  const { right } = await answersOf(model, task, names, { seed, shared: false, rule });
  return names.map((name) => (100 * right[name]!.reduce((sum, each) => sum + each, 0)) / right[name]!.length);
}

run().catch((cause: Error) => {
  console.error(cause.message);
  process.exitCode = 1;
});
