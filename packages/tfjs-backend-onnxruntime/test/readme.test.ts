import "../src/index.js";
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { type KernelKind, kernelTable } from "../src/index.js";

/** Why a kernel is left to the CPU backend. Every fallback has its reason here. */
const reasons: Readonly<Record<string, readonly string[]>> = {
  "strings and ragged or sparse tensors, whose sizes depend on values": [
    "Bincount",
    "DenseBincount",
    "RaggedGather",
    "RaggedRange",
    "RaggedTensorToTensor",
    "SparseFillEmptyRows",
    "SparseReshape",
    "SparseSegmentMean",
    "SparseSegmentSum",
    "SparseToDense",
    "StaticRegexReplace",
    "StringNGrams",
    "StringSplit",
    "StringToHashBucketFast",
    "Unique",
    "SearchSorted",
  ],
  "complex numbers": ["Complex", "ComplexAbs", "FFT", "IFFT", "Imag", "Real"],
  "random numbers that must be TensorFlow.js's own": ["Multinomial"],
  "no inputs: the elements are made at once": ["LinSpace", "Range"],
  "detection and drawing": [
    "CropAndResize",
    "Draw",
    "FlipLeftRight",
    "NonMaxSuppressionV3",
    "NonMaxSuppressionV4",
    "NonMaxSuppressionV5",
    "RotateWithOffset",
    "Transform",
    "ResizeBilinear",
    "ResizeBilinearGrad",
    "ResizeNearestNeighbor",
    "ResizeNearestNeighborGrad",
  ],
  "convolutions and pooling: not written yet": [
    "AvgPool",
    "AvgPool3D",
    "AvgPool3DGrad",
    "AvgPoolGrad",
    "Conv2D",
    "Conv2DBackpropFilter",
    "Conv2DBackpropInput",
    "Conv3D",
    "Conv3DBackpropFilterV2",
    "Conv3DBackpropInputV2",
    "DepthwiseConv2dNative",
    "DepthwiseConv2dNativeBackpropFilter",
    "DepthwiseConv2dNativeBackpropInput",
    "Dilation2D",
    "Dilation2DBackpropFilter",
    "Dilation2DBackpropInput",
    "FusedConv2D",
    "FusedDepthwiseConv2D",
    "LRN",
    "LRNGrad",
    "MaxPool",
    "MaxPool3D",
    "MaxPool3DGrad",
    "MaxPoolGrad",
    "MaxPoolWithArgmax",
  ],
  "ONNX Runtime's float32 formula is less exact": ["Tan"],
  "rare: not written yet": [
    "Atan2",
    "BatchToSpaceND",
    "BitwiseAnd",
    "BroadcastArgs",
    "Cumprod",
    "DepthToSpace",
    "Diag",
    "FusedBatchNorm",
    "SpaceToBatchND",
    "TensorScatterUpdate",
  ],
};

function rows(): string[] {
  const byKind = (kind: KernelKind) =>
    [...kernelTable()]
      .filter(([, found]) => found === kind)
      .map(([name]) => name)
      .sort()
      .join(", ");
  return [
    `| one ONNX node | ${byKind("native")} |`,
    `| several ONNX nodes | ${byKind("composed")} |`,
    `| no work: the same data under another shape | ${byKind("alias")} |`,
    ...Object.entries(reasons).map(([reason, names]) => `| CPU kernel on the values: ${reason} | ${[...names].sort().join(", ")} |`),
  ];
}

it("the table of kernels is what is registered, and every fallback has a reason", async () => {
  const fallbacks = [...kernelTable()].filter(([, kind]) => kind === "fallback").map(([name]) => name);
  expect(Object.values(reasons).flat().sort()).toEqual(fallbacks.sort());
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const lines = readme.split("\n").map((line) => line.replace(/ +/g, " "));
  for (const row of rows()) expect(lines).toContain(row);
});
