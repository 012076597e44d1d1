import type { tunings } from "./choose-encoder.js";
import type { Columns } from "./columns.js";

/** Folder that the model is saved to, and answers come from, unless another is named. */
export const defaultModel = "models/reference";

/** What a run of the main job can be told. */
export interface RunOptions {
  /** Folders, one a label space, each with a train and a test file. */
  readonly data: readonly string[];
  /** Names of the two files in each folder. */
  readonly train: string;
  readonly test: string;
  /** Their columns. */
  readonly text: Columns;
  readonly label: Columns;
  /** A JSON file of declared relations, as in `data/relations.json`. */
  readonly relations?: string;
  /** Texts that fit no label, one column `text`. */
  readonly outOfScope?: string;
  /** Examples of a class that no set has, and its test texts, of the first set's space; where absent, a class is held out of training. */
  readonly newClass?: { readonly examples: string; readonly test: string };
  /** "default", "hashing", a hub name such as "Xenova/all-MiniLM-L6-v2", or a model's folder. */
  readonly encoder: string;
  /** What is trained: a head on the frozen encoder, or all weights of the encoder, or adapters in it. */
  readonly tune: (typeof tunings)[number];
  /** Training steps of an encoder. */
  readonly tuneSteps?: number;
  /** Whether label names count as examples, where they tell anything. */
  readonly labelNames: boolean;
  /** Where the trained model is saved. */
  readonly out: string;
  readonly seed: number;
  readonly steps?: number;
  readonly policy: string;
  readonly engine: string;
  /** Where the results are written as JSON. */
  readonly json?: string;
}
