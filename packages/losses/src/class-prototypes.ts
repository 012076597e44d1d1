import type { Random } from "@quaterion/core";
import type { InitialTensor } from "@quaterion/core/training";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Learned vectors of the classes of a label space, `[classes, dim]`; with several centers a class, `[classes · centers, dim]`, class after class. */
export type ClassPrototypes = { readonly prototypes: Tensor };

interface Sizes {
  readonly dim: number;
  readonly classes: number;
}

/** Prototypes in random directions, of length about 1. */
export function classPrototypes({ dim, classes }: Sizes, random: Random): { readonly prototypes: InitialTensor } {
  const values = Float32Array.from({ length: classes * dim }, () => random.normal() / Math.sqrt(dim));
  return { prototypes: { shape: [classes, dim], values } };
}

/** Several prototypes a class. */
export function classCenters({ dim, classes }: Sizes, random: Random, { centers }: { readonly centers: number }) {
  return classPrototypes({ dim, classes: classes * centers }, random);
}
