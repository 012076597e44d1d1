import { boolean, checkOptions, InvalidArgumentError } from "@quaterion/core";
import type { LossParameters, PairMasks, RelationBatch, RelationLoss, ViewLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { lossFacts, lossValue } from "./composed-loss.js";
import { demandViews } from "./define-view-loss.js";
import { identityMask } from "./identity-mask.js";

export interface SelfSupervisedOptions {
  /** Every view against every other (true); or the first view's rows as anchors, those of the other views as candidates. */
  readonly symmetric?: boolean | undefined;
}

/**
 * A loss on relations, for views of records: two views of one record are similar, views of different records dissimilar.
 * Of two or more views.
 * `symmetric` (true): all views are anchors and candidates; false: the first view's rows are anchors, the others' candidates. Needs whole batches.
 * Use it to train without labels with any loss on pairs: `selfSupervised(nTXent())` is SimCLR.
 *
 * Chen et al., "A simple framework for contrastive learning of visual representations" (SimCLR), ICML 2020, section 2.1.
 * @throws {InvalidArgumentError} when the loss does not read relations, or (in a step) there are fewer than two views
 */
export function selfSupervised<Parameters extends LossParameters>(
  loss: RelationLoss<Parameters>,
  options: SelfSupervisedOptions = {},
): ViewLoss<Parameters> {
  lossValue(loss, "selfSupervised.loss");
  if (loss.reads !== "relations")
    throw new InvalidArgumentError(`\`selfSupervised.loss\` must read relations; received ${(loss as RelationLoss).name}, which does not.`);
  checkOptions("selfSupervised", options, { symmetric: boolean });
  const { symmetric = true } = options;
  return {
    contract: 1,
    reads: "views",
    name: `selfSupervised(${loss.name})`,
    config: { loss: lossFacts(loss as unknown as RelationLoss), symmetric },
    memory: false,
    // Records are held against each other: a block of them would lack the others as candidates.
    wholeBatch: true,
    ...(loss.reducer && { reducer: loss.reducer }),
    ...(loss.parameters && { parameters: (sizes, random) => loss.parameters!(sizes, random) }),
    compute(batch, parameters) {
      demandViews("selfSupervised", batch);
      const { views } = batch;
      return loss.compute(symmetric ? allViews(views) : firstAgainstOthers(views), parameters);
    },
  };
}

function allViews(views: readonly tf.Tensor2D[]): RelationBatch {
  const rows = tf.concat([...views], 0); // [views · batch, dim]
  return { anchors: rows, candidates: rows, ...recordMasks(views, views, true) };
}

function firstAgainstOthers([first, ...others]: readonly tf.Tensor2D[]): RelationBatch {
  return {
    anchors: first!,
    candidates: tf.concat([...others], 0),
    ...recordMasks([first!], others, false),
    amongAnchors: recordMasks([first!], [first!], true),
    amongCandidates: recordMasks(others, others, true),
  };
}

/** Rows of the same record are similar, of different records dissimilar; `within`: rows and columns are the same views, and a row is nothing to itself. */
function recordMasks(rows: readonly tf.Tensor2D[], columns: readonly tf.Tensor2D[], within: boolean): PairMasks {
  const records = (views: readonly tf.Tensor2D[]) => tf.concat(views.map((view) => tf.range(0, view.shape[0], 1, "int32")));
  const same = tf.cast<tf.Tensor2D>(tf.equal(tf.expandDims(records(rows), 1), records(columns)), "float32");
  return { similar: within ? tf.sub(same, identityMask(same.shape[0])) : same, dissimilar: tf.sub(1, same) };
}
