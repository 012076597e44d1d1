import type { Scalar, Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import type { Json } from "../json.js";
import type { Random } from "../random.js";
import type { InitialTensor } from "./head.js";

/** Learned weights of a loss, by name. */
export type LossParameters = Readonly<Record<string, Tensor>>;

/** The two 0/1 masks of a block of pairs, float32 `[rows, columns]`. A pair in neither is unknown, or a sample with itself: it takes no part. */
export interface PairMasks {
  readonly similar: Tensor2D;
  readonly dissimilar: Tensor2D;
}

/** What a relation loss can ask for beside the two masks: fields of a {@link RelationBatch}. It must do without `mostSimilar` where nobody knows it. */
export type RelationKnowledge = "ownNegatives" | "guide" | "mostSimilar";

/** What a relation loss sees. */
export interface RelationBatch extends PairMasks {
  /** `[batch, dim]` */
  readonly anchors: Tensor2D;
  /** `[candidates, dim]`: the anchors themselves, other rows of the batch, or a memory. */
  readonly candidates: Tensor2D;
  /** Weight of each anchor, `[batch]`: an anchor of weight 2 counts as two. `compute` applies it to terms and counts. */
  readonly weights?: Tensor1D;
  /** Masks among the anchors, and among the candidates, where the two differ. */
  readonly amongAnchors?: PairMasks;
  readonly amongCandidates?: PairMasks;
  /**
   * Which dissimilar pairs were given as such, 0/1 `[batch, candidates]`: an anchor's own hard negatives. The other dissimilar pairs are negatives
   * only because they share a batch.
   */
  readonly ownNegatives?: Tensor2D;
  /**
   * No anchor has more similar candidates than this. A plain number, known before the step: losses that go through triplets go through so many
   * positives of each anchor, instead of through all candidates; another number is another graph. All candidates where absent.
   */
  readonly mostSimilar?: number;
  /** The label space, or group of given pairs, that every row is from; absent where they are from several. For losses with `ofParts`. */
  readonly source?: string;
  /** A guide model's vectors of the same rows. */
  readonly guide?: { readonly anchors: Tensor2D; readonly candidates: Tensor2D };
}

/** What a class loss sees: a batch of one label space. */
export interface ClassBatch {
  /** `[batch, dim]` */
  readonly embeddings: Tensor2D;
  /** Class numbers, int32 `[batch]`, each from 0 to classes − 1. */
  readonly classes: Tensor1D;
  readonly weights?: Tensor1D;
  /** The label space, or group of given pairs, that every row is from; absent where they are from several. For losses with `ofParts`. */
  readonly source?: string;
}

/** What may be known of given pairs: the fields of a {@link ScoreBatch} that a loss can need. */
export type PairKnowledge = "scores" | "teacherScores" | "teacher" | "classes";

/** What a loss on graded pairs sees: row i of `first` and row i of `second` are a pair. What is known of the pairs is there where the loss needs it. */
export interface ScoreBatch {
  /** `[pairs, dim]` each */
  readonly first: Tensor2D;
  readonly second: Tensor2D;
  /** Further partners of the rows of `first`, each `[pairs, dim]`: negatives, where `second` holds the positives. */
  readonly others?: readonly Tensor2D[];
  /** Graded similarity, 0 to 1, `[pairs]`. */
  readonly scores?: Tensor1D;
  /** A teacher's scores of `first` with `second` and with each of `others`, on a scale of its own, `[pairs, 1 + others]`. */
  readonly teacherScores?: Tensor2D;
  /** A teacher's vectors of the same rows, `[pairs, teacher's dim]` each. */
  readonly teacher?: { readonly first: Tensor2D; readonly second: Tensor2D };
  /** Class numbers of the pairs, int32 `[pairs]`; −1 where a pair has none: it takes no part. */
  readonly classes?: Tensor1D;
  /** Weight of each pair, `[pairs]`: a pair of weight 2 counts as two, one of weight 0 takes no part. `compute` applies it. */
  readonly weights?: Tensor1D;
  /** The label space, or group of given pairs, that every row is from; absent where they are from several. For losses with `ofParts`. */
  readonly source?: string;
}

/** A {@link ScoreBatch} in which what a loss needs is there. */
export type ScoreBatchWith<Needs extends PairKnowledge> = ScoreBatch & { readonly [Field in Needs]-?: NonNullable<ScoreBatch[Field]> };

/** What a loss on several views of the same records sees. */
export interface ViewBatch {
  /** Each `[batch, dim]`; row i of every view is the same record. */
  readonly views: readonly Tensor2D[];
  /** The label space, or group of given pairs, that every row is from; absent where they are from several. For losses with `ofParts`. */
  readonly source?: string;
}

/** A loss before it is a number. */
export interface LossTerms {
  /** Any shape, the first axis the anchors (or pairs, or rows). A loss with `parts` may have any shape that its own reducer reads. */
  readonly terms: Tensor;
  /** 0/1 of the same shape: which terms count; all where absent. */
  readonly counted?: Tensor;
  /** Which terms are of each kind (similar pairs, dissimilar pairs), 0/1 of the same shape or one that is copied to it; where absent there is one kind. */
  readonly kinds?: readonly Tensor[];
  /** Of a loss that is a sum: the ratios of each part by name, times its weight, for the log. Together they are what its reducer makes of `terms`. */
  readonly parts?: Readonly<Record<string, readonly LossRatio[]>>;
}

/** A sum and what it is divided by. Both add up over blocks of anchors, so that blocks give what the whole batch gives. */
export interface LossRatio {
  readonly total: Scalar;
  readonly count: Scalar;
}

/** Makes the scalar: the loss is Σ ratios total / count, a ratio whose count is 0 being 0. Default: Σ terms·counted / Σ counted. */
export interface Reducer {
  readonly name: string;
  /** True where its ratios do not add up over blocks of anchors: a loss with it takes whole batches only. */
  readonly wholeBatch?: boolean;
  /** @param kinds of a loss that has any: see {@link LossTerms.kinds} */
  reduce(terms: Tensor, counted: Tensor, kinds?: readonly Tensor[]): readonly LossRatio[];
}

interface LossBase<Batch, Parameters extends LossParameters> {
  readonly contract: 1;
  readonly name: string;
  /** Options, as they are kept with a checkpoint and a saved model: what another run must have to be the same. */
  readonly config?: Json;
  /** May candidates come from earlier batches? */
  readonly memory: boolean;
  /** True where the loss is not a sum over anchors: no blocks of anchors, no memory. */
  readonly wholeBatch?: boolean;
  /** Parts of combined data that it treats each in its own way: it is told the `source` of each batch, and a step is compiled for each. */
  readonly ofParts?: readonly string[];
  readonly reducer?: Reducer;
  /** First values of what the loss learns; one set per label space. */
  parameters?(
    sizes: { readonly dim: number; readonly classes: number },
    random: Random,
  ): { readonly [Name in keyof Parameters]: InitialTensor };
  /**
   * Called inside `tf.tidy`, and not in every step: an engine may run again what a call recorded. So what it computes follows from the batch and the
   * parameters alone; a loss that counts its calls, or changes with time, must take what changes as a parameter.
   */
  compute(batch: Batch, parameters: Parameters): LossTerms;
}

export interface RelationLoss<Parameters extends LossParameters = LossParameters> extends LossBase<RelationBatch, Parameters> {
  readonly reads: "relations";
  /** What it asks for beside the two masks; nothing where absent. */
  readonly needs?: readonly RelationKnowledge[];
}

export interface ClassLoss<Parameters extends LossParameters = LossParameters> extends LossBase<ClassBatch, Parameters> {
  readonly reads: "classes";
}

export interface ScoreLoss<Parameters extends LossParameters = LossParameters, Needs extends PairKnowledge = "scores">
  extends LossBase<ScoreBatchWith<Needs>, Parameters> {
  readonly reads: "scores";
  /** What it must know of the pairs; `["scores"]` where absent. */
  readonly needs?: readonly PairKnowledge[];
  /** How many partners a row must have beside the first one (see {@link ScoreBatch.others}); 0 where absent. */
  readonly leastOthers?: number;
}

export interface ViewLoss<Parameters extends LossParameters = LossParameters> extends LossBase<ViewBatch, Parameters> {
  readonly reads: "views";
}

/** A loss: a value with everything that `fit` must know about it. One on given pairs may need anything of them: `needs` says what. */
export type Loss = RelationLoss | ClassLoss | ScoreLoss<LossParameters, never> | ViewLoss;
