/** Cases that `pnpm oracles` leaves out of the trimmed fixtures, and why. */
export const expectedUncovered = [
  "DynamicSoftMarginLoss/default/duplicates: raises: RuntimeError: index 10 is out of bounds for dimension 0 with size 10",
  "HistogramLoss/default/duplicates: raises: RuntimeError: index 101 is out of bounds for dimension 0 with size 101",
  "SmoothAPLoss/default/duplicates: raises: ValueError: All classes must have the same number of elements in the labels.",
  "TupletMarginLoss/default/duplicates: ill_conditioned: the peer's float32 and float64 disagree",
  "DynamicSoftMarginLoss/sequence: no counterpart: a histogram that runs on from batch to batch: a loss has no memory",
  "Triplet/Triplet.EUCLIDEAN/duplicates: nonfinite: the peer's loss or gradient is not finite (ours is)",
  "Triplet/default/duplicates: nonfinite: the peer's loss or gradient is not finite (ours is)",
];
