import { NotFoundError } from "@quaterion/core";
import type { EncoderFiles } from "../saved-files.js";
import type { Find, ModelSource } from "./model-source.js";

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

export const modelDtypes = Object.keys(modelSuffixes) as ModelDtype[];

/** What to look for. */
export interface OnnxFileNames {
  /** Names without suffix and end, the best first: "model". */
  readonly names: readonly string[];
  readonly dtype: ModelDtype;
  /** The task that `optimum-cli export onnx` knows the model's kind by. */
  readonly task: string;
}

/**
 * The model's ONNX file and what lies beside it, by their paths within the model: `onnx/<name><suffix>.onnx`, or in a folder the same without `onnx/`.
 * @throws {NotFoundError} when there is none; it says which precisions are there
 */
export async function findOnnxFiles(
  model: string,
  { folder, find }: ModelSource,
  { names, dtype, task }: OnnxFileNames,
): Promise<{ path: string; files: EncoderFiles }> {
  const paths = names.map((name) => `${name}${modelSuffixes[dtype]}.onnx`);
  for (const path of [...paths.map((name) => `onnx/${name}`), ...(folder ? paths : [])]) {
    const place = await find(path);
    if (place !== undefined) return { path, files: { [path]: place, ...(await weightsBeside(path, find, folder)) } };
  }
  const other = folder ? await otherDtype(names, dtype, find) : undefined;
  const fix =
    other === undefined
      ? `Export it to ONNX (\`optimum-cli export onnx --task ${task}\`), or take a model that has it, as those of "Xenova" and "onnx-community" do.`
      : `It has dtype "${other}".`;
  throw new NotFoundError(`${model} has no ${paths.map((name) => `onnx/${name}`).join(" or ")} (dtype "${dtype}"). ${fix}`);
}

/**
 * Weights of models above 2 GiB lie in a file beside, which ONNX Runtime looks for under the name that optimum gives it; in a folder of one's own also
 * under the one that PyTorch does.
 */
export async function weightsBeside(path: string, find: Find, folder: boolean): Promise<EncoderFiles> {
  const files: Record<string, string> = {};
  for (const beside of [`${path}_data`, ...(folder ? [`${path}.data`] : [])]) {
    const place = await find(beside);
    if (place !== undefined) files[beside] = place;
  }
  return files;
}

async function otherDtype(names: readonly string[], dtype: ModelDtype, find: Find): Promise<ModelDtype | undefined> {
  for (const other of modelDtypes) {
    if (other === dtype) continue;
    for (const name of names) if ((await find(`onnx/${name}${modelSuffixes[other]}.onnx`)) !== undefined) return other;
  }
  return undefined;
}
