import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { classified } from "./classified.js";
import { combine } from "./combine.js";
import { subset } from "./subset.js";

const rows = [
  { a: "it rains", b: "it is wet", is: "entailment" },
  { a: "it rains", b: "the sun shines", is: "contradiction" },
  { a: "he runs", b: "he is late", is: "neutral" },
];
const fields = { a: "a", b: "b", class: "is" } as const;
const sampling = { policy: "separate", labelsPerBatch: 4, samplesPerLabel: 2 } as const;

describe("classified", () => {
  it("numbers the classes of pairs in the order of their names, and leaves the relation unknown", () => {
    const data = classified(rows, fields);
    expect(data.pairClasses).toEqual(["contradiction", "entailment", "neutral"]);
    expect(data.pairs).toEqual([
      { a: 0, b: 1, relation: 0, class: 1 },
      { a: 0, b: 2, relation: 0, class: 0 },
      { a: 3, b: 4, relation: 0, class: 2 },
    ]);
    expect(classified(rows, { ...fields, classes: ["neutral", "contradiction", "entailment"] }).pairs![0]!.class).toBe(2);
  });
  it("draws each pair with its class", () => {
    const data = classified(rows, fields);
    const sampler = data.sampler({ ...sampling, random: new Random(1) });
    const seen = new Set<string>();
    for (let i = 0; i < 6; i++) {
      const batch = sampler.next();
      expect(batch.scores).toBeUndefined();
      expect(batch.unknown).toBe("unknown");
      for (const [at, row] of batch.rows.entries()) seen.add(`${row} ${batch.candidates![at]} ${batch.pairClasses![at]}`);
    }
    expect([...seen].sort()).toEqual(["0 1 1", "0 2 0", "3 4 2"]);
  });
  it("keeps the classes in a subset, and in data combined with others", () => {
    const data = classified(rows, fields);
    expect(subset(data, [3, 4])).toMatchObject({ pairClasses: data.pairClasses, pairs: [{ a: 0, b: 1, class: 2 }] });
    const both = combine({ one: data, two: data });
    expect(both).toMatchObject({ pairClasses: data.pairClasses });
    expect(both.pairs).toHaveLength(6);
  });
  it("refuses to combine pairs of other classes", () => {
    const others = classified([{ a: "x", b: "y", is: "paraphrase" }], fields);
    expect(() => combine({ one: classified(rows, fields), two: others })).toThrow(
      '`parts` has pairs of other classes in "two": paraphrase; before it: contradiction, entailment, neutral.',
    );
  });
  it("names the place of a class that is none", () => {
    expect(() => classified([{ a: "x", b: "y", is: " " }], fields)).toThrow(/row 1, column "is".*not empty/);
    expect(() => classified(rows, { ...fields, classes: ["entailment", "neutral"] })).toThrow(
      /row 2, column "is".*one of entailment, neutral; received "contradiction"/,
    );
    expect(() => classified(rows, { a: "a", b: "b" } as never)).toThrow("`classified.class`");
  });
});
