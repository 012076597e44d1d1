import { basename, resolve } from "node:path";
import { type Check, checkOptions, InvalidArgumentError, NotFoundError, nonEmptyString, oneOf, positiveInteger } from "@quaterion/core";
import { type OnnxTextEncoder, openOnnxTextEncoder, type TextModelFiles } from "./onnx-text-encoder.js";
import { tableOfPositions } from "./text-model-settings.js";
import { type Find, openTextModelSource, type TextModelOptions, textModelChecks, textModelSettings } from "./text-model-source.js";
import { readJson } from "./text-tokenizer.js";

/** Ends of the file names that models on the hub are laid out by, for each precision. */
const modelSuffixes = {
  fp32: "",
  fp16: "_fp16",
  q8: "_quantized",
  int8: "_int8",
  uint8: "_uint8",
  q4: "_q4",
  q4f16: "_q4f16",
  bnb4: "_bnb4",
} as const;

/** Precision of a model's weights: `fp32` is `onnx/model.onnx`, `q8` is `onnx/model_quantized.onnx`, and so on. */
export type ModelDtype = keyof typeof modelSuffixes;

/** Options of {@link textEncoder}. What is left out is read from the model's own files. */
export interface TextEncoderOptions extends TextModelOptions {
  /** Default "fp32". */
  dtype?: ModelDtype;
  /** Threads of one run. Default: one for each core. */
  threads?: number;
  /** Most texts in one run. Default 64. */
  batch?: number;
}

/** This encoder is frozen: what trains lives beside TensorFlow.js, which this entry does not load. */
const train: Check<unknown> = () => {
  throw new InvalidArgumentError(
    '`textEncoder` takes no `train`: its weights do not change. Use `trainableTextEncoder(model, { train })` of "@quaterion/encoders/trainable".',
  );
};

const checks = {
  ...textModelChecks,
  dtype: oneOf(Object.keys(modelSuffixes) as ModelDtype[]),
  threads: positiveInteger,
  batch: positiveInteger,
  train,
};

/**
 * A pretrained transformer for texts, run by ONNX Runtime: the same vectors as sentence-transformers gives for the model.
 *
 * Text → (prompt +) text → tokens, at most `maxLength` → token states `[tokens, dim]` → pooling → scaled to length 1. Float32 `[values, dim]`.
 * Texts are sorted by length and run in groups with little padding; `stats` counts tokens, padding and texts that were cut.
 *
 * @param model a folder with `tokenizer.json` and `onnx/model.onnx`, or a name on the Hugging Face hub ("org/name"), whose files are
 *   fetched once into the hub's own cache (`HF_HOME`, `HF_HUB_CACHE`; `HF_TOKEN`, `HF_ENDPOINT` and `HF_HUB_OFFLINE` are heeded)
 * @throws {InvalidArgumentError} for a wrong option; from `encode` for a value that is not a text, or empty
 * @throws {NotFoundError} when there is no such folder or model, or a file is missing in it
 * @throws {IncompatibleError} when the model is not a text encoder that is known here
 */
export async function textEncoder(model: string, options: TextEncoderOptions = {}): Promise<OnnxTextEncoder> {
  nonEmptyString(model, "model");
  checkOptions("textEncoder", options, checks);
  const { dtype = "fp32", threads, batch } = options;
  const { folder, find } = await openTextModelSource(model, options);
  const files = await findModelFiles(model, find, dtype, folder);
  const settings = await textModelSettings(find, model, options);
  if (options.maxLength !== undefined) await checkPositions(find, options.maxLength);
  return openOnnxTextEncoder(basename(resolve(model)), files, settings, { threads, batch });
}

/** A model with a table of positions can't read past its end: ONNX Runtime would say so for the first text that is that long. */
async function checkPositions(find: Find, maxLength: number): Promise<void> {
  const file = await find("config.json");
  const most = file === undefined ? undefined : tableOfPositions(await readJson(file));
  if (most === undefined || maxLength <= most) return;
  throw new InvalidArgumentError(
    `\`textEncoder.maxLength\` must be at most ${most}, the positions that this model knows; received ${maxLength}.`,
  );
}

async function findModelFiles(model: string, find: Find, dtype: ModelDtype, folder: boolean): Promise<TextModelFiles> {
  const file = `model${modelSuffixes[dtype]}.onnx`;
  const files: Record<string, string> = {};
  const add = async (path: string) => {
    const place = await find(path);
    if (place !== undefined) files[path] = place;
    return place !== undefined;
  };
  if (!(await add("tokenizer.json"))) {
    throw new NotFoundError(
      `${model} has no tokenizer.json. Save the model with a fast tokenizer (\`tokenizer.save_pretrained\`), or take one that has it.`,
    );
  }
  await add("tokenizer_config.json");
  let path = `onnx/${file}`;
  if (!(await add(path))) {
    path = file;
    if (!folder || !(await add(path))) throw new NotFoundError(await missingModel(model, file, dtype, folder ? find : undefined));
  }
  // Weights of models above 2 GiB lie in a file beside, which ONNX Runtime looks for under this name.
  await add(`${path}_data`);
  return { files, model: path };
}

async function missingModel(model: string, file: string, dtype: ModelDtype, find: Find | undefined): Promise<string> {
  const others: string[] = [];
  for (const [other, suffix] of Object.entries(modelSuffixes)) {
    if (other !== dtype && (await find?.(`onnx/model${suffix}.onnx`)) !== undefined) {
      others.push(`"${other}"`);
      break;
    }
  }
  const fix =
    others.length > 0
      ? `It has dtype ${others.join(", ")}.`
      : `Export it to ONNX (\`optimum-cli export onnx --task feature-extraction\`), or take a model that has it, as those of "Xenova" and "onnx-community" do.`;
  return `${model} has no onnx/${file} (dtype "${dtype}"). ${fix}`;
}
