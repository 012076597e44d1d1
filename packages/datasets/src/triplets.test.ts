import { type Batch, Random, type TrainingData } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { combine } from "./combine.js";
import { subset } from "./subset.js";
import { triplets } from "./triplets.js";

const rows = Array.from({ length: 5 }, (_, i) => ({
  q: `q${i}`,
  p: `p${i}`,
  n1: `n1-${i}`,
  n2: `n2-${i}`,
  n3: `n3-${i}`,
  tp: i,
  t: [10 + i, 20 + i, 30 + i],
}));
const negative = ["n1", "n2", "n3"] as const;
const fields = { anchor: "q", positive: "p", negative } as const;
const scores = { positive: "tp", negative: [0, 1, 2].map((k) => (row: (typeof rows)[number]) => row.t[k]) } as const;
const drawn = (data: TrainingData<unknown>, perBatch = 100) => {
  const sampler = data.sampler({ policy: "separate", labelsPerBatch: perBatch, samplesPerLabel: 1, random: new Random(1) });
  return { next: () => sampler.next() as Required<Batch> };
};

describe("triplets with several negatives", () => {
  it("come into a batch with their anchor: all positives, all first negatives, all second ones, …", () => {
    const data = triplets(rows, fields);
    expect(data.pairs).toHaveLength(20);
    const batch = drawn(data).next();
    expect(batch.rows).toHaveLength(5);
    expect(batch.candidates).toHaveLength(20);
    const of = (row: number) => data.values[row]!;
    for (const [i, row] of [...batch.rows].entries()) {
      const number = of(row).slice(1);
      const own = [0, 1, 2, 3].map((k) => of(batch.candidates[k * 5 + i]!));
      expect(own).toEqual([`p${number}`, `n1-${number}`, `n2-${number}`, `n3-${number}`]);
    }
    expect(
      data.relations.block(
        batch.rows.slice(0, 1),
        Uint32Array.from([0, 1, 2, 3], (k) => batch.candidates[k * 5]!),
      ),
    ).toEqual(Int8Array.of(1, -1, -1, -1));
  });

  it("fill a batch of as many rows with fewer anchors", () => {
    expect(drawn(triplets(rows, fields), 10).next().rows).toHaveLength(2); // 2 anchors, 8 candidates
    expect(drawn(triplets(rows, { ...fields, negative: "n1" }), 10).next().rows).toHaveLength(3);
  });

  it("stand beside their teacher's scores", () => {
    const data = triplets(rows, { ...fields, teacherScores: scores });
    const { rows: anchors, candidates, teacherScores } = drawn(data).next();
    for (const [i, row] of [...anchors].entries()) {
      const number = Number(data.values[row]!.slice(1));
      expect([0, 1, 2, 3].map((k) => teacherScores![k * 5 + i])).toEqual([number, 10 + number, 20 + number, 30 + number]);
    }
    expect(candidates).toHaveLength(20);
  });

  it("of two records with one anchor stay with their own record, in combined data too", () => {
    const twice = [rows[0]!, { ...rows[1]!, q: "q0" }];
    const data = combine({ one: triplets(twice, fields) });
    const sampler = drawn(data);
    const seen = [sampler.next(), sampler.next()].map(({ rows, candidates }) =>
      [...rows, ...candidates].map((row) => data.values[row]).join(),
    );
    expect(seen.sort()).toEqual(["q0,p0,n1-0,n2-0,n3-0", "q0,p1,n1-1,n2-1,n3-1"]);
  });

  it("that a split took away are filled up from other records; scored ones are left out whole", () => {
    const without = (data: TrainingData<unknown>, value: string) =>
      subset(
        data as never,
        [...data.values.keys()].filter((row) => data.values[row] !== value),
      );
    const cut = without(triplets(rows, fields), "n3-2");
    const batch = drawn(cut).next();
    expect(batch.rows).toHaveLength(5);
    const lastNegatives = [...batch.candidates.slice(15)].map((row) => String(cut.values[row]));
    expect(lastNegatives).toHaveLength(5);
    for (const value of lastNegatives) expect(value).toMatch(/^n3-[0134]$/);
    const scored = drawn(without(triplets(rows, { ...fields, teacherScores: scores }), "n3-2")).next();
    expect(scored.rows).toHaveLength(4);
  });

  it.each<[object, string]>([
    [
      { ...fields, negative: [] },
      "`triplets.negative` must name a column, be a function of the record, or be a list of those; received an array of 0.",
    ],
    [{ ...fields, negative: ["n1", 3] }, "`triplets.negative` must name a column"],
    [
      { ...fields, teacherScores: { positive: "tp", negative: "tp" } },
      "`triplets.teacherScores.negative` must name 3 fields, as `negative` does; received 1.",
    ],
  ])("refuse %j", (options, message) => {
    expect(() => triplets(rows, options as never)).toThrow(message);
  });

  it("with an empty one are told by row and column", () => {
    expect(() => triplets([rows[0]!, { ...rows[1]!, n2: " " }], fields)).toThrow(/row 2, column "n2"/);
  });
});
