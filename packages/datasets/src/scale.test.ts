import { type Batch, Random } from "@quaterion/core";
import { expect, it } from "vitest";
import { combine } from "./combine.js";
import { labeled } from "./labeled.js";
import { subset } from "./subset.js";

// Times and memory are printed, not asserted: they are the machine's.
const options = { value: "text", label: "label" } as const;
const timed = <T>(what: string, work: () => T): T => {
  const started = performance.now();
  const result = work();
  console.log(`${what}: ${(performance.now() - started).toFixed(0)} ms, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB in all`);
  return result;
};
const median = (what: string, times: number[]) => {
  times.sort((a, b) => a - b);
  console.log(`${what}: ${times[times.length >> 1]!.toFixed(3)} ms (median of ${times.length})`);
};
const since = (start: number) => performance.now() - start;

it("combines a hundred sets of 10,000 samples, and draws and relates batches of them", () => {
  const set = (name: string) =>
    labeled(
      Array.from({ length: 10_000 }, (_, i) => ({ text: `${name} ${i}`, label: `l${i % 100}` })),
      options,
    );
  const parts = timed("a hundred sets made", () => Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`set${i}`, set(`set${i}`)])));
  const data = timed("combined", () => combine(parts));
  const sampler = timed("a sampler", () =>
    data.sampler({ policy: "schedule", labelsPerBatch: 64, samplesPerLabel: 4, random: new Random(1) }),
  );
  const draws: number[] = [];
  const blocks: number[] = [];
  for (let i = 0; i < 500; i++) {
    const start = performance.now();
    const { rows, view, unknown } = sampler.next();
    draws.push(since(start));
    const began = performance.now();
    const block = data.relations.block(rows, rows, { view, unknown });
    blocks.push(since(began));
    expect(rows).toHaveLength(256);
    // Four of each label: row 0 of the batch has three that are similar.
    expect(block.subarray(0, 256).filter((relation) => relation === 1)).toHaveLength(3);
  }
  median("a batch of 256 drawn", draws);
  median("its relations, 256 × 256", blocks);
  expect(data.values).toHaveLength(1_000_000);
  expect(data.labelsOf(999_999)).toEqual(["set99/l99"]);
  const part = timed("a subset of 10,000 rows", () =>
    subset(
      data,
      Uint32Array.from({ length: 10_000 }, (_, i) => i * 100 + (i % 100)),
    ),
  );
  expect(part.labelsOf(9_999)).toEqual(["set99/l99"]);
  expect(part.spaces.map(({ rows }) => rows.length)).toEqual(Array(100).fill(100));
}, 120_000);

it("closes tens of thousands of labels and declarations, and relates batches of them", () => {
  const count = 10_000;
  const rows = (name: string, label: (i: number) => number) =>
    labeled(
      Array.from({ length: 2 * count }, (_, i) => ({ text: `${name} ${i}`, label: `${name}${label(i % count)}` })),
      options,
    );
  const parts = { fine: rows("f", (i) => i), other: rows("o", (i) => i), coarse: rows("c", (i) => i % 1000) };
  const each = Array.from({ length: count }, (_, i) => i);
  const relations = {
    same: each.map((i) => [`fine/f${i}`, `other/o${i}`] as const),
    narrower: each.map((i) => [`other/o${i}`, `coarse/c${i % 1000}`] as const),
  };
  const data = timed("21,000 labels with 20,000 declarations closed", () => combine(parts, { relations }));
  expect(data.relations.of("fine/f7", "other/o7")).toBe(1);
  expect(data.relations.of("fine/f1007", "coarse/c7")).toBe(0);
  expect(data.relations.of("fine/f1007", "coarse/c8")).toBe(-1);
  const sampler = data.sampler({ policy: "distinct", labelsPerBatch: 256, samplesPerLabel: 2, random: new Random(1) });
  const batches = Array.from({ length: 50 }, (): Batch => sampler.next());
  const blocks = batches.map(({ rows, unknown }) => {
    const start = performance.now();
    const block = data.relations.block(rows, rows, { unknown });
    expect(block).toHaveLength(512 * 512);
    return since(start);
  });
  median("relations of 512 rows of hundreds of labels", blocks);
}, 120_000);
