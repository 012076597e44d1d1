import { type Check, type Json, type Random, reject } from "@quaterion/core";
import type { InitialTensor, Loss, LossParameters, RelationLoss, ScoreLoss } from "@quaterion/core/training";
import { demandViews } from "./define-view-loss.js";
import { demandTensors } from "./loss-definition.js";
import { type LossParts, partsReducer, sumOfParts } from "./sum-of-parts.js";

/** What a loss reads. */
export type Reads = Loss["reads"];

/** A loss, whatever it must know of given pairs. */
export type AnyLoss = Loss | ScoreLoss<LossParameters, never>;

/** A loss that reads this. */
export type LossThatReads<What extends Reads> = Extract<Loss, { readonly reads: What }>;

/** Checks an argument that takes a loss. */
export const lossValue: Check<Loss> = (value, argument) =>
  typeof value === "object" && value !== null && "compute" in value && "reads" in value
    ? (value as Loss)
    : reject(argument, "a loss, such as supervisedContrastive()", value);

/** A loss, as it is kept in the configuration of the loss around it. */
export function lossFacts({ name, config, reducer }: Loss): Json {
  return { name, config: config ?? null, reducer: reducer?.name ?? null };
}

interface Composition {
  readonly name: string;
  readonly config: Json;
  /** The losses within, by the prefix of their parameters ("": none). All read the same. */
  readonly losses: Readonly<Record<string, Loss>>;
  /** Dimension of the embeddings that the loss of a prefix sees; that of all embeddings unless given. */
  readonly dimOf?: (prefix: string, dim: number) => number;
  readonly wholeBatch?: boolean;
  /** The ratios of each part. Called inside `tf.tidy`. */
  parts(batch: never, own: (prefix: string) => LossParameters): LossParts;
}

const tensorsRead = {
  relations: ["anchors", "candidates", "similar", "dissimilar"],
  classes: ["embeddings", "classes"],
  scores: ["first", "second"],
};

const full = (prefix: string, name: string) => (prefix === "" ? name : `${prefix}.${name}`);

/** A loss made of others: parameters `prefix.name`, a memory and blocks of anchors where all within can have them. */
export function composedLoss({ name, config, losses, dimOf = (_, dim) => dim, wholeBatch: declared = false, parts }: Composition): Loss {
  const within = Object.entries(losses);
  const all = within.map(([, loss]) => loss);
  const wholeBatch = declared || all.some((loss) => loss.wholeBatch === true);
  const parameters = (sizes: { readonly dim: number; readonly classes: number }, random: Random) =>
    Object.fromEntries(
      within.flatMap(([prefix, loss]): [string, InitialTensor][] => {
        const initial = loss.parameters?.({ ...sizes, dim: dimOf(prefix, sizes.dim) }, prefix === "" ? random : random.fork(prefix)) ?? {};
        return Object.entries(initial).map(([own, tensor]) => [full(prefix, own), tensor]);
      }),
    );
  const ownOf = (given: LossParameters | undefined) => (prefix: string) =>
    Object.fromEntries(
      Object.entries(given ?? {}).flatMap(([name, tensor]) =>
        name.startsWith(full(prefix, "")) ? [[name.slice(full(prefix, "").length), tensor]] : [],
      ),
    );
  return {
    contract: 1,
    reads: all[0]!.reads,
    name,
    config,
    ...(all[0]!.reads === "scores" && pairNeeds(all as ScoreLoss[])),
    ...(all[0]!.reads === "relations" && relationNeeds(all as RelationLoss[])),
    memory: !wholeBatch && all.every((loss) => loss.memory),
    wholeBatch,
    reducer: partsReducer,
    ...(all.some((loss) => loss.parameters) && { parameters }),
    compute(batch: never, given: LossParameters) {
      if (all[0]!.reads === "views") demandViews(name, batch);
      else demandTensors(name, batch, tensorsRead[all[0]!.reads]);
      return sumOfParts(parts(batch, ownOf(given)));
    },
  } as Loss;
}

/** What is asked for beside the masks, for every loss within. */
function relationNeeds(losses: readonly RelationLoss[]): Pick<RelationLoss, "needs"> {
  const needs = [...new Set(losses.flatMap(({ needs = [] }) => needs))];
  return needs.length > 0 ? { needs } : {};
}

/** What must be known of the pairs, for every loss within. */
function pairNeeds(losses: readonly ScoreLoss[]): Pick<ScoreLoss, "needs" | "leastOthers"> {
  return {
    needs: [...new Set(losses.flatMap(({ needs = ["scores"] }) => needs))],
    leastOthers: Math.max(...losses.map(({ leastOthers = 0 }) => leastOthers)),
  };
}
