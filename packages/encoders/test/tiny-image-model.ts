import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeOnnxModel, type OnnxAttribute, type OnnxNode } from "@quaterion/formats";

export const tinyImageDim = 6;
const patch = 4;

/** `[6, 3, 4, 4]`: weights of the patches, no two alike. */
export const tinyKernel = Float32Array.from({ length: tinyImageDim * 3 * patch * patch }, (_, i) => Math.sin(i * 1.3 + 0.5) / 8);

const int = (value: number): OnnxAttribute => ({ kind: "int", value });
const ints = (value: number[]): OnnxAttribute => ({ kind: "ints", value });

/** What the model's outputs are called, and how its input lies. */
export interface TinyImageModel {
  /** Any of: "last_hidden_state" `[n, tokens, 6]`, "image_embeds" and "pooler_output" `[n, 6]` (the maximum, and the tanh of the mean), "maps" `[n, 6, h, w]`, "logits" `[n, 6]`. */
  outputs?: readonly string[];
  /** Names of inputs; the pixels' comes first. */
  inputs?: readonly string[];
  shape?: readonly (string | number)[];
  dtype?: "float32" | "float16" | "int64";
  /** Pixels lie `[n, h, w, 3]`, and so do maps. */
  channelsLast?: boolean;
  nan?: boolean;
}

/** One layer of patches of 4 × 4 pixels, and a wave so that none of it is linear. */
export function tinyImageOnnx(model: TinyImageModel = {}): Uint8Array {
  const { outputs = ["last_hidden_state"], inputs = ["pixel_values"], channelsLast = false, dtype = "float32" } = model;
  const [pixels] = inputs as [string];
  const kernel = tinyKernel.slice();
  if (model.nan) kernel[0] = Number.NaN;
  const last = channelsLast ? [{ op: "Transpose", inputs: ["waves"], outputs: ["maps"], attributes: { perm: ints([0, 2, 3, 1]) } }] : [];
  const made: Record<string, OnnxNode[]> = {
    maps: channelsLast ? last : [{ op: "Identity", inputs: ["waves"], outputs: ["maps"] }],
    last_hidden_state: [
      { op: "Reshape", inputs: ["waves", "flat"], outputs: ["columns"] },
      { op: "Transpose", inputs: ["columns"], outputs: ["last_hidden_state"], attributes: { perm: ints([0, 2, 1]) } },
    ],
    image_embeds: [{ op: "ReduceMax", inputs: ["waves"], outputs: ["image_embeds"], attributes: { axes: ints([2, 3]), keepdims: int(0) } }],
    pooler_output: [
      { op: "ReduceMean", inputs: ["waves"], outputs: ["mean"], attributes: { axes: ints([2, 3]), keepdims: int(0) } },
      { op: "Tanh", inputs: ["mean"], outputs: ["pooler_output"] },
    ],
    logits: [{ op: "ReduceMin", inputs: ["waves"], outputs: ["logits"], attributes: { axes: ints([2, 3]), keepdims: int(0) } }],
  };
  return encodeOnnxModel({
    inputs: inputs.map((name, i) => ({
      name,
      dtype: i === 0 ? dtype : ("int64" as const),
      shape: [...(i === 0 ? (model.shape ?? (channelsLast ? ["n", "h", "w", 3] : ["n", 3, "h", "w"])) : ["n"])],
    })),
    initializers: [
      { name: "kernel", dtype: "float32", shape: [tinyImageDim, 3, patch, patch], data: kernel },
      { name: "flat", dtype: "int64", shape: [3], data: BigInt64Array.of(0n, BigInt(tinyImageDim), -1n) },
    ],
    nodes: [
      { op: "Cast", inputs: [pixels], outputs: ["numbers"], attributes: { to: int(1) } },
      channelsLast
        ? { op: "Transpose", inputs: ["numbers"], outputs: ["planes"], attributes: { perm: ints([0, 3, 1, 2]) } }
        : { op: "Identity", inputs: ["numbers"], outputs: ["planes"] },
      { op: "Conv", inputs: ["planes", "kernel"], outputs: ["patches"], attributes: { strides: ints([patch, patch]) } },
      { op: "Sin", inputs: ["patches"], outputs: ["waves"] },
      ...outputs.flatMap((name) => made[name]!),
    ],
    outputs: outputs.map((name) => ({
      name,
      dtype: "float32" as const,
      shape:
        name === "maps"
          ? channelsLast
            ? ["n", "a", "b", tinyImageDim]
            : ["n", tinyImageDim, "a", "b"]
          : name === "last_hidden_state"
            ? ["n", "t", tinyImageDim]
            : ["n", tinyImageDim],
    })),
  });
}

/** A preprocessor_config.json as new ones are. */
export const tinyPreparation = {
  image_processor_type: "ViTImageProcessor",
  do_resize: true,
  size: { height: 16, width: 16 },
  resample: 2,
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: [0.5, 0.4, 0.3],
  image_std: [0.5, 0.25, 0.2],
};

/** Writes a folder as models on the hub are laid out. `extra` overrides or adds files; undefined leaves one out. */
export async function writeTinyImageModel(folder: string, extra: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const files: Record<string, unknown> = { "preprocessor_config.json": tinyPreparation, "onnx/model.onnx": tinyImageOnnx(), ...extra };
  for (const [path, file] of Object.entries(files)) {
    if (file === undefined) continue;
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), file instanceof Uint8Array ? file : JSON.stringify(file));
  }
  return folder;
}

/** The model's states of `[3, height, width]` numbers by its formula, in float64, and which token they are of: `[tokens, 6]`. */
export function tinyImageStates(numbers: ArrayLike<number>, height: number, width: number): number[][] {
  const states: number[][] = [];
  for (let y = 0; y < height; y += patch) {
    for (let x = 0; x < width; x += patch) {
      states.push(
        Array.from({ length: tinyImageDim }, (_, d) => {
          let sum = 0;
          for (let c = 0; c < 3; c++)
            for (let i = 0; i < patch; i++)
              for (let j = 0; j < patch; j++)
                sum += numbers[(c * height + y + i) * width + x + j]! * tinyKernel[((d * 3 + c) * patch + i) * patch + j]!;
          return Math.sin(sum);
        }),
      );
    }
  }
  return states;
}
