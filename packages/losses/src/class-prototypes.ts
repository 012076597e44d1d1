import type { Random } from "@quaterion/core";
import type { InitialTensor } from "@quaterion/core/training";
import type { Tensor } from "@tensorflow/tfjs-core";

/** One learned vector for each class of a label space, `[classes, dim]`. */
export type ClassPrototypes = { readonly prototypes: Tensor };

/** Prototypes in random directions, of length about 1. */
export function classPrototypes(
  { dim, classes }: { readonly dim: number; readonly classes: number },
  random: Random,
): { readonly prototypes: InitialTensor } {
  const values = Float32Array.from({ length: classes * dim }, () => random.normal() / Math.sqrt(dim));
  return { prototypes: { shape: [classes, dim], values } };
}
