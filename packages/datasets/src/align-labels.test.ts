import { describe, expect, it } from "vitest";
import { alignLabels } from "./align-labels.js";
import { combine } from "./combine.js";
import { labeled } from "./labeled.js";

/** One sample a label, at an angle of the unit circle in degrees. */
const set = (angles: Readonly<Record<string, number>>) =>
  labeled(Object.entries(angles), {
    value: ([, angle]) => Float32Array.of(Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)),
    label: ([label]) => label,
  });
const proposalsOf = (left: Record<string, number>, right: Record<string, number>, margin?: number) => {
  const data = combine({ l: set(left), r: set(right) });
  const embeddings = Float32Array.from(data.values.flatMap((vector) => [...vector]));
  return alignLabels(data, { embeddings, margin });
};
const words = (proposals: ReturnType<typeof alignLabels>) => proposals.map(({ a, b, relation }) => `${a} ${relation} ${b}`);

describe("alignLabels", () => {
  it("proposes labels as the same whose centroids are each other's nearest", () => {
    const proposals = proposalsOf({ a: 0, b: 60 }, { c: 61, d: 2 });
    expect(words(proposals)).toEqual(["l/b same r/c", "l/a same r/d"]);
    expect(proposals[0]!.evidence.similarity).toBeCloseTo(Math.cos(Math.PI / 180), 6);
    expect(proposals[0]!.evidence.leadOfB).toBeCloseTo(Math.cos(Math.PI / 180) - Math.cos((58 * Math.PI) / 180), 6);
  });

  it("proposes labels to lie within the one that several of them are clearly nearest to, in both directions", () => {
    const fine = { a: -15, b: 15, c: 75, d: 105 };
    const coarse = { x: 0, y: 90 };
    expect(words(proposalsOf(fine, coarse)).sort()).toEqual([
      "l/a narrower r/x",
      "l/b narrower r/x",
      "l/c narrower r/y",
      "l/d narrower r/y",
    ]);
    expect(words(proposalsOf(coarse, fine)).sort()).toEqual(["l/x broader r/a", "l/x broader r/b", "l/y broader r/c", "l/y broader r/d"]);
    expect(words(proposalsOf({ ...fine, e: 44 }, coarse))).not.toContain("l/e narrower r/x"); // as near to y
    expect(words(proposalsOf(fine, coarse, 0.9))).not.toContain("l/a narrower r/x"); // not by that much
  });

  it("goes by shared texts where there are no vectors", () => {
    const of = (samples: readonly (readonly [string, string])[]) =>
      labeled(samples, { value: ([text]) => text, label: ([, label]) => label });
    const data = combine({
      l: of([
        ["hi", "greet"],
        ["bye", "leave"],
        ["no", "deny"],
      ]),
      r: of([
        ["hi", "hello"],
        ["bye", "end"],
        ["yes", "agree"],
      ]),
    });
    expect(words(alignLabels(data))).toEqual(["l/greet same r/hello", "l/leave same r/end"]);
  });
});
