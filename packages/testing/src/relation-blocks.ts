import type { RelationLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { demandClose } from "./law.js";
import { inScope, near, pairMasks, parameterTensors, relationBatch, relationTensors } from "./loss-run.js";
import { lossRatios } from "./loss-value.js";
import type { PlainRelationBatch } from "./plain-batch.js";

/** The ratios of two blocks of anchors must add up to those of the whole batch. */
export function demandBlocks(loss: RelationLoss, plain: PlainRelationBatch): void {
  const ratios = (from: number, to: number) =>
    inScope(() => {
      const [anchors, candidates] = relationTensors(plain);
      const masks = pairMasks(plain.relations.slice(from, to), plain.candidates.length);
      const among = pairMasks(
        plain.amongAnchors!.slice(from, to).map((row) => row.slice(from, to)),
        to - from,
      );
      const rows = tf.slice2d(anchors, [from, 0], [to - from, -1]);
      const block = { ...relationBatch(plain, rows, candidates), ...masks, amongAnchors: among };
      return lossRatios(loss.compute(block, parameterTensors(loss, plain.anchors[0]!.length)), loss.reducer).map(({ total, count }) => [
        total.dataSync()[0]!,
        count.dataSync()[0]!,
      ]);
    });
  const n = plain.anchors.length;
  const [whole, first, second] = [ratios(0, n), ratios(0, 2), ratios(2, n)];
  whole.forEach(([total, count], i) => {
    demandClose(first[i]![0]! + second[i]![0]!, total!, near(total!), `Total ${i} of the blocks`);
    demandClose(first[i]![1]! + second[i]![1]!, count!, near(count!), `Count ${i} of the blocks`);
  });
}
