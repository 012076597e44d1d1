import { Random } from "@quaterion/core";
import type { Loss, LossParameters, PairMasks, RelationBatch } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/** A random batch for any loss: what its value is computed from, on tensors that gradients can be asked of. */
export interface ExampleBatch {
  /** Embeddings and parameters, by name. */
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  /** The batch on inputs of these names and shapes. */
  batch(inputs: Readonly<Record<string, tf.Tensor>>): { readonly batch: object; readonly parameters: LossParameters };
}

/** How large it is. Relations of `pairs`: anchor i belongs to candidate i alone, of which there are as many; otherwise the anchors are the candidates and have labels. */
export interface ExampleSize {
  readonly rows: number;
  readonly dim: number;
  readonly classes: number;
  readonly pairs?: boolean;
}

/**
 * Its tensors are the caller's, those in `inputs` and those that they are computed with. Row i is of class i modulo `classes`.
 * @param numbers where the numbers of a matrix come from; random ones unless said otherwise
 */
export function exampleBatch(loss: Loss, { rows, dim, classes, pairs = false }: ExampleSize, numbers: Numbers = drawn()): ExampleBatch {
  const vectors = (name: string, width = dim) => tf.tensor2d(numbers(name, rows * width), [rows, width]);
  const labels = Int32Array.from({ length: rows }, (_, i) => i % classes);
  const initial = Object.entries(loss.parameters?.({ dim, classes }, new Random(1)) ?? {});
  const names = initial.map(([name]) => name);
  const learned = Object.fromEntries(initial.map(([name, { shape, values }]) => [name, tf.tensor(values, [...shape])]));
  const made = (inputs: Record<string, tf.Tensor>, of: (given: Given) => object): ExampleBatch => ({
    inputs: { ...inputs, ...learned },
    batch: (given) => ({
      batch: of(given as Given),
      parameters: Object.fromEntries(names.map((name) => [name, given[name]!])),
    }),
  });
  switch (loss.reads) {
    case "relations": {
      // As `fit` knows it: a power of two.
      const mostSimilar = pairs ? 1 : 2 ** Math.ceil(Math.log2(Math.max(1, Math.ceil(rows / classes) - 1)));
      const masks = { ...relationMasks(labels, pairs), ...(loss.needs?.includes("mostSimilar") && { mostSimilar }) };
      const guiding = vectors("guideAnchors");
      const guide = loss.needs?.includes("guide") && {
        guide: { anchors: guiding, candidates: pairs ? vectors("guideCandidates") : guiding },
      };
      if (!pairs) return made({ anchors: vectors("anchors") }, ({ anchors }) => ({ ...masks, ...guide, anchors, candidates: anchors }));
      return made({ anchors: vectors("anchors"), candidates: vectors("candidates") }, (given) => ({
        ...masks,
        ...guide,
        ...only(given, "anchors", "candidates"),
      }));
    }
    case "classes": {
      const numbers = tf.tensor1d(labels, "int32");
      return made({ embeddings: vectors("embeddings") }, ({ embeddings }) => ({ embeddings, classes: numbers }));
    }
    case "scores": {
      const names = ["first", "second", ...Array.from({ length: loss.leastOthers ?? 0 }, (_, i) => `other${i}`)];
      const known = {
        scores: tf.tensor1d(Float32Array.from(labels, (_, i) => (i % 11) / 10)),
        teacherScores: vectors("teacherScores", names.length - 1),
        teacher: { first: vectors("teacherFirst"), second: vectors("teacherSecond") },
        classes: tf.tensor1d(labels, "int32"),
      };
      return made(Object.fromEntries(names.map((name) => [name, vectors(name)])), (given) => {
        const [first, second, ...others] = names.map((name) => given[name]!);
        return { first, second, others, ...known };
      });
    }
    case "views":
      return made({ one: vectors("one"), two: vectors("two") }, ({ one, two }) => ({ views: [one, two] }));
  }
}

/** `count` numbers for the matrix of a name. */
export type Numbers = (name: string, count: number) => Float32Array;

function drawn(): Numbers {
  const random = new Random(1);
  return (_, count) => Float32Array.from({ length: count }, () => random.normal());
}

type Given = Readonly<Record<string, tf.Tensor2D>>;

function only(given: Given, ...names: readonly string[]): Given {
  return Object.fromEntries(names.map((name) => [name, given[name]!]));
}

/** Similar where labels are equal; of pairs, where the number is. Nothing is related to itself. */
function relationMasks(labels: Int32Array, pairs: boolean): Omit<RelationBatch, "anchors" | "candidates"> {
  const n = labels.length;
  const mask = (of: (i: number, j: number) => boolean) =>
    tf.tensor2d(
      Float32Array.from({ length: n * n }, (_, at) => (of(Math.floor(at / n), at % n) ? 1 : 0)),
      [n, n],
    );
  const same = (i: number, j: number) => (pairs ? i === j : labels[i] === labels[j]);
  const masks: PairMasks = { similar: mask((i, j) => same(i, j) && (pairs || i !== j)), dissimilar: mask((i, j) => !same(i, j)) };
  if (!pairs) return masks;
  const within: PairMasks = { similar: tf.zeros([n, n]), dissimilar: masks.dissimilar };
  return { ...masks, amongAnchors: within, amongCandidates: within };
}
