import type { Batch } from "@quaterion/core";
import { expect, it } from "vitest";
import { arrayData } from "../../test/array-data.js";
import { batchInputs } from "../batch-inputs.js";
import { CrossBatchMemory } from "../cross-batch-memory.js";
import { withMemory } from "../with-memory.js";
import { BatchMasks } from "./block-masks.js";
import { anchorBlocks, rowRanges } from "./cache-sizes.js";

const values = Array.from({ length: 14 }, (_, i) => [i, 1]);
const data = arrayData(
  values,
  values.map((_, i) => `${i % 2 === 0 ? "a" : "b"}/${i % 3}`),
);
const needs = { amongAnchors: true, amongCandidates: true };
const range = (from: number, to: number) => Uint32Array.from({ length: to - from }, (_, i) => from + i);

it.each<[string, Batch]>([
  ["labels", { rows: range(0, 7) }],
  ["labels, undeclared pairs dissimilar", { rows: range(0, 7), unknown: "dissimilar" }],
  ["given pairs", { rows: range(0, 5), candidates: range(7, 12), unknown: "dissimilar" }],
])("blocks are the rows of the whole masks, a memory's columns included: %s", (_, batch) => {
  const memory = new CrossBatchMemory(4, 2, data);
  memory.add({ rows: range(5, 10) }, Float32Array.from(values.slice(5, 10).flat()));
  const block = memory.block(batch);
  const extras = { ownNegatives: true };
  const whole = withMemory(batchInputs(batch, data, Float32Array.from(values.flat()), 2, "relations", extras), batch, data, block, needs);
  const masks = new BatchMasks(batch, data.relations, block, needs, true);
  const blocks = rowRanges(batch.rows.length, 3).map((rows) => ({ rows, ...masks.block(rows) }));
  const joined = (of: (each: (typeof blocks)[number]) => Float32Array | Int8Array) =>
    Float32Array.from(blocks.flatMap((each) => [...of(each)]));
  expect(joined((each) => each.relations)).toEqual(new Float32Array(whole.relations!));
  expect(joined((each) => each.ownNegatives!)).toEqual(whole.ownNegatives);
  expect(masks.amongCandidates()).toEqual(whole.amongCandidates);
  expect(blocks[0]!.amongAnchors).toEqual(
    Int8Array.from([0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => whole.amongAnchors![i * batch.rows.length + j]!))),
  );
});

it("blocks hold 4 million pairs, and are of one size but for the last", () => {
  expect(anchorBlocks(16_384, 16_384, undefined)).toHaveLength(64);
  expect(new Set(anchorBlocks(16_384, 16_384, undefined).map(({ size }) => size))).toEqual(new Set([256]));
  expect(anchorBlocks(10, 10, undefined)).toEqual([{ start: 0, size: 10 }]);
  expect(anchorBlocks(10, 10, 4).map(({ size }) => size)).toEqual([4, 4, 2]);
  expect(anchorBlocks(3, 2 ** 23, undefined).map(({ size }) => size)).toEqual([1, 1, 1]);
});
