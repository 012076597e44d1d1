import "../src/index.js";
import { readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { type KernelKind, kernelTable } from "../src/index.js";

/** Why a kernel is left to the CPU backend. Every fallback has its reason here. */
const reasons: Readonly<Record<string, readonly string[]>> = {
  "strings, for which ONNX has no such functions": ["StaticRegexReplace", "StringNGrams", "StringSplit", "StringToHashBucketFast"],
  "the size of the result depends on values": [
    "Bincount",
    "NonMaxSuppressionV3",
    "NonMaxSuppressionV4",
    "NonMaxSuppressionV5",
    "RaggedGather",
    "RaggedRange",
    "RaggedTensorToTensor",
    "SparseFillEmptyRows",
    "SparseReshape",
    "SparseSegmentMean",
    "SparseSegmentSum",
    "Unique",
  ],
  "an error must be thrown for some values, and a graph cannot": ["BroadcastArgs", "DenseBincount"],
  "complex numbers, which tensors of ONNX Runtime are not": ["Complex", "ComplexAbs", "FFT", "IFFT", "Imag", "Real"],
  "random numbers that must be TensorFlow.js's own": ["Multinomial"],
  "no inputs: the elements are made at once": ["LinSpace", "Range"],
  "a binary search; ONNX would compare everything with everything": ["SearchSorted"],
  "pictures turned and drawn pixel by pixel, at places that depend on values": ["Draw", "RotateWithOffset", "Transform"],
  "ONNX Runtime's float32 formula is less exact": ["Tan"],
  "only in operator sets that ONNX Runtime 1.12 does not read": ["BitwiseAnd"],
  "the graph was no faster than the CPU kernel (time of the CPU kernel / the graph's: CropAndResize 0.9, Cumprod 1.0, Diag 0.2, SparseToDense 0.3)":
    ["CropAndResize", "Cumprod", "Diag", "SparseToDense"],
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

const file = new URL("../README.md", import.meta.url);
const [start, end] = [
  "<!-- kernels: UPDATE_README=1 npx vitest run packages/tfjs-backend-onnxruntime/test/readme.test.ts -->",
  "<!-- /kernels -->",
];

it("every fallback has a reason", () => {
  const fallbacks = [...kernelTable()].filter(([, kind]) => kind === "fallback").map(([name]) => name);
  expect(Object.values(reasons).flat().sort()).toEqual(fallbacks.sort());
});

it("the README's table of kernels is what is registered", async () => {
  const readme = await readFile(file, "utf8");
  const [before, after] = [readme.slice(0, readme.indexOf(start) + start.length), readme.slice(readme.indexOf(end))];
  const table = ["", "", "| how | kernels |", "|---|---|", ...rows(), "", ""].join("\n");
  if (process.env["UPDATE_README"] === "1") await writeFile(file, before + table + after);
  expect(await readFile(file, "utf8")).toBe(before + table + after);
});
