import type { LabelId, Relation, Relations } from "./relation.js";
import type { Sampler, SamplerOptions, Sampling } from "./sampler.js";

/** One set of labels that are comparable with each other. */
export interface LabelSpace {
  readonly name: string;
  /** Names within the space, sorted; a class number is an index into this list. */
  readonly labels: readonly string[];
  /** Rows of the data that carry a label of this space, ascending. */
  readonly rows: Uint32Array;
}

/** Two rows whose relation, or graded similarity, was given with the data. */
export interface RowPair {
  readonly a: number;
  readonly b: number;
  readonly relation: Relation;
  /** Graded similarity, 0 (unlike) to 1 (alike), where the data has one. */
  readonly score?: number;
  /** A teacher model's score of the two, on a scale of its own. */
  readonly teacherScore?: number;
  /** What the pair is, where pairs have classes (entailment, contradiction, …): an index into the data's `pairClasses`. */
  readonly class?: number;
  /**
   * The record that it is from, where records give an anchor several dissimilar partners: pairs of one number come into a batch together, candidates of
   * one anchor. Within a group all records have as many.
   */
  readonly record?: number;
  /** The part of the data it came with: pairs of one group are drawn together. */
  readonly group?: string;
}

/**
 * Data to learn similarity from, whatever it was read from: values by row, labels by space, relations, and the batches drawn from them.
 * Made by `labeled`, `pairs`, `triplets` and `combine` of `@quaterion/datasets`; a user's own object will do as well.
 */
export interface TrainingData<Value> {
  readonly values: readonly Value[];
  readonly spaces: readonly LabelSpace[];
  readonly relations: Relations;
  /** Given pairs; absent or empty where the data has labels only. */
  readonly pairs?: readonly RowPair[];
  /** Names of the classes of pairs, where they have any. */
  readonly pairClasses?: readonly string[];
  /** Weight of each row, `[rows]`: one of weight 2 counts as two. Absent where all count alike. */
  readonly weights?: Float32Array;
  /** Rows that are the names of their labels and no samples, ascending: to learn from and to refer to, never to be asked. Absent where there are none. */
  readonly nameRows?: Uint32Array;
  /** How it is to be drawn, where it says so. */
  readonly sampling?: Sampling;
  /** Label ids of a row, one or none for each space. */
  labelsOf(row: number): readonly LabelId[];
  /** Class numbers within a space, −1 where a row has no label of it. */
  classesOf(space: string, rows: Uint32Array): Int32Array;
  sampler(options: SamplerOptions): Sampler;
}
