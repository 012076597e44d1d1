import type { InitialTensor } from "@quaterion/core/training";
import { readSafetensors, writeSafetensors } from "@quaterion/formats";

/** Weights by name as the bytes of a safetensors file: equal weights, equal bytes. */
export function weightsFile(weights: Readonly<Record<string, InitialTensor>>, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const tensors = Object.entries(weights).map(
    ([name, { shape, values }]) => [name, { dtype: "F32" as const, shape, data: values }] as const,
  );
  return writeSafetensors(new Map(tensors), metadata);
}

/** Weights from the bytes of a safetensors file. @throws {FormatError} when the bytes are damaged */
export function readWeightsFile(bytes: Uint8Array): Record<string, InitialTensor> {
  const weights: Record<string, InitialTensor> = {};
  // A copy, for what a file read gives is a Buffer, whose slices share one block of memory.
  for (const [name, tensor] of readSafetensors(new Uint8Array(bytes)).tensors) {
    if (tensor.dtype === "F32") weights[name] = { shape: tensor.shape, values: tensor.data };
  }
  return weights;
}
