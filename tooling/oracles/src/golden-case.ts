import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Numbers in arrays of any depth. */
export type Nested = number | readonly Nested[];
export type Rows = readonly (readonly number[])[];

/** Notes that a case may carry: what makes it no value to be held to. */
interface CaseNotes {
  readonly raises?: string;
  readonly nonfinite?: boolean;
  readonly ill_conditioned?: boolean;
  readonly huge_grad?: boolean;
  readonly ties?: boolean;
  readonly random?: boolean;
  /** Starts with "quirk:" where the library is probably wrong. */
  readonly note?: string;
}

/** A distance of pytorch-metric-learning, as it was attached. */
export interface GoldenDistance {
  readonly type: string;
  readonly p: number;
  readonly power: number;
  readonly normalize_embeddings: boolean;
  readonly is_inverted: boolean;
}

/** A reducer of pytorch-metric-learning, as it was attached. */
export interface GoldenReducer {
  readonly type: string;
  readonly low?: number;
  readonly high?: number;
  readonly weights?: readonly number[];
  readonly inner?: GoldenReducer;
  readonly per_sub_loss?: Readonly<Record<string, GoldenReducer>>;
}

export type GoldenOptions = Readonly<Record<string, unknown>>;

/** One case of `losses_pml.json` or `losses_st.json`. */
export interface LossCase extends CaseNotes {
  readonly name: string;
  readonly loss_class: string;
  readonly options: GoldenOptions;
  readonly distance?: GoldenDistance;
  readonly reducer?: GoldenReducer;
  /** A loss inside this one. */
  readonly inner?: { readonly loss_class: string; readonly options: GoldenOptions };
  readonly inputs: {
    readonly embeddings: Rows;
    readonly labels: readonly number[];
    readonly ref_emb?: Rows;
    readonly ref_labels?: readonly number[];
    readonly indices_tuple?: Rows;
    readonly meta_classes?: Nested;
    readonly first_batch_embeddings?: Rows;
    readonly first_batch_labels?: readonly number[];
    readonly columns: readonly Rows[];
    readonly guide_columns?: readonly Rows[];
  };
  readonly weights?: Readonly<Record<string, Nested>>;
  readonly loss: number;
  readonly grads: Readonly<Record<string, Nested>>;
  readonly f32?: { readonly loss?: number; readonly grad_max_abs_diff?: number };
  readonly steps?: readonly Omit<LossCase, "name" | "loss_class" | "options">[];
}

/** One case of `miners_pml.json`. */
export interface MinerCase extends CaseNotes {
  readonly name: string;
  readonly miner_class: string;
  readonly options: GoldenOptions;
  readonly distance: GoldenDistance;
  readonly inputs: {
    readonly embeddings: Rows;
    readonly labels: readonly number[];
    readonly ref_emb?: Rows;
    readonly ref_labels?: readonly number[];
  };
  readonly triplets?: Rows;
  readonly pos_pairs?: Rows;
  readonly neg_pairs?: Rows;
  readonly support?: Readonly<Record<"pos" | "neg", HistogramSupport>>;
}

/** What a random histogram miner may choose from. */
export interface HistogramSupport {
  readonly edges: readonly number[];
  readonly members_per_bin: readonly Rows[];
}

/** Reads the cases of one file; whole numbers, and "NaN" and "Infinity" as texts, are what the schema says they are. */
export function readCases<Case>(folder: string, file: string): Case[] {
  const path = join(folder, file);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new UnreadableCases(`Can't read ${path}: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}.`);
  }
  let parsed: { cases?: unknown };
  try {
    parsed = JSON.parse(text, (_, value) => (value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value) : value));
  } catch (cause) {
    throw new UnreadableCases(`${path} is not JSON: ${(cause as Error).message}.`);
  }
  if (!Array.isArray(parsed?.cases)) throw new UnreadableCases(`${path} has no array \`cases\`.`);
  for (const [i, one] of parsed.cases.entries()) {
    if (typeof one?.name !== "string" || typeof (one.loss_class ?? one.miner_class) !== "string") {
      throw new UnreadableCases(`${path}: case ${i} has no \`name\` or no class.`);
    }
  }
  return parsed.cases;
}

/** A folder, file or case that is not of the schema. */
export class UnreadableCases extends Error {}
