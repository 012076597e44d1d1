// Image encoders: what a head trained on an encoder's vectors gives, on known and on unseen classes; and images a second beside Python.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { memoryCache } from "@quaterion/cache";
import { cachedEncoder, type EmbeddingModel, type Pixels, Random, type TrainingData } from "@quaterion/core";
import { labeled, readIdx } from "@quaterion/datasets";
import { type ImageValue, imageEncoder } from "@quaterion/encoders";
import { supervisedContrastive } from "@quaterion/losses";
import { nearest, ReferenceSet } from "@quaterion/serving";
import { fit } from "@quaterion/trainer";
import { wholeNumber } from "../fit/cases.js";
import { compareSpeed } from "./speed.js";
import { splitClasses, takeReferences } from "./split-classes.js";

const usage = `Usage: npm run bench -- images --model <file> [options]

With --images and --labels: accuracy in % of a reference set on the rest of the images, with the encoder's own vectors and through a head that \`fit\` trained on the
references (with --unseen: on half of the classes; references and questions are of the other half). Without: images a second, of JPEG files that it makes,
beside Pillow and ONNX Runtime in Python, and how near the two sides' vectors are.

  --model <file>      an ONNX model, or a folder
  --size 224          how its images are prepared: both edges,
  --mean 0.5          what is subtracted from pixels of 0 to 1,
  --std 0.5           and what they are divided by
  --images <file>     IDX, gzipped or not
  --labels <file>
  --references 20     of each class, drawn by the seed
  --unseen            trains on half of the classes
  --seeds 1           separated by commas
  --count 256         photos for the speed
  --threads 2         of ONNX Runtime

PYTHON names the Python that has pillow, onnxruntime and numpy (default: python3); without them ours runs alone.`;

const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    size: { type: "string", default: "224" },
    mean: { type: "string", default: "0.5" },
    std: { type: "string", default: "0.5" },
    images: { type: "string" },
    labels: { type: "string" },
    references: { type: "string", default: "20" },
    unseen: { type: "boolean", default: false },
    seeds: { type: "string", default: "1" },
    count: { type: "string", default: "256" },
    threads: { type: "string", default: "2" },
    help: { type: "boolean", short: "h" },
  },
});

async function run(): Promise<void> {
  if (options.help) return console.log(usage);
  if (options.model === undefined) throw new Error("--model must name an ONNX model; received nothing.");
  const [size, references, count, threads] = (["size", "references", "count", "threads"] as const).map((name) =>
    wholeNumber(name, options[name]),
  ) as [number, number, number, number];
  const prepared = { size, mean: Number(options.mean), std: Number(options.std) };
  const model = resolve(options.model);
  const encoder = await imageEncoder(model, { ...prepared, threads });
  console.log(`${cpus()[0]!.model}, ${availableParallelism()} threads, Node ${process.version}; ${encoder.name}, ${encoder.dim} numbers`);
  if (options.images === undefined || options.labels === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "quaterion-images-"));
    try {
      return await compareSpeed(encoder, { model, folder, count, threads, ...prepared });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const rows = await readIdx(options.images, options.labels, { as: "pixels" });
  const cached = cachedEncoder(encoder, memoryCache());
  const lines = ["| seed | nearest, untrained | head | chosen rule, untrained | head |", "|---|---|---|---|---|"];
  for (const seed of options.seeds.split(",").map(Number)) {
    const random = new Random(seed);
    const { seen, asked } = options.unseen ? splitClasses(rows, random) : { seen: undefined, asked: rows };
    const { references: known, rest } = takeReferences(asked, references, random);
    const data = dataOf(known);
    const { model: trained, report } = await fit({
      data: seen ? dataOf(seen) : data,
      encoder: cached,
      loss: supervisedContrastive(),
      seed,
    });
    const accuracies: number[] = [];
    for (const rules of [[nearest()] as [ReturnType<typeof nearest>], undefined])
      for (const each of [cached, trained]) accuracies.push(await accuracy(each, data, rest, rules));
    lines.push(`| ${seed} | ${accuracies.map((value) => (100 * value).toFixed(1)).join(" | ")} |`);
    console.log(
      `${known.length} references of ${new Set(known.map(({ label }) => label)).size} classes, ${rest.length} questions, ${report.steps} steps`,
    );
  }
  console.log(lines.join("\n"));
}

const dataOf = (rows: readonly { image: Pixels; label: string }[]): TrainingData<Pixels> =>
  labeled(rows, { value: "image", label: "label" });

/** @param rules undefined: the set chooses by its references */
async function accuracy(
  model: EmbeddingModel<ImageValue>,
  data: TrainingData<Pixels>,
  rest: readonly { image: Pixels; label: string }[],
  rules: [ReturnType<typeof nearest>] | undefined,
) {
  const set = await ReferenceSet.from(model, data, rules ? { rules } : {});
  const answers = await set.classifyMany(rest.map(({ image }) => image));
  return answers.filter(({ label }, i) => label === `default/${rest[i]!.label}`).length / rest.length;
}

run().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
