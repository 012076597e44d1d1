import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { combine } from "./combine.js";
import { describeBatch } from "./describe-batch.js";
import { labeled } from "./labeled.js";
import { scored } from "./scored.js";
import { triplets } from "./triplets.js";

const banking = labeled(
  ["a", "b"].flatMap((label) => [1, 2].map((n) => ({ text: `${label}${n}`, label }))),
  { value: "text", label: "label" },
);

describe("describeBatch", () => {
  it("counts pairs as training reads them, and shows labels with values", () => {
    const data = combine({ banking, other: labeled([{ text: "x", label: "y" }], { value: "text", label: "label" }) });
    expect(describeBatch(data, { rows: Uint32Array.of(0, 1, 2, 4), unknown: "unknown" })).toBe(
      [
        "4 rows of several label spaces",
        "2 similar, 4 dissimilar and 6 unknown pairs of a row and a candidate",
        '  banking/a × 2: "a1", "a2"',
        '  banking/b × 1: "b1"',
        '  other/y × 1: "x"',
      ].join("\n"),
    );
    expect(describeBatch(data, { rows: Uint32Array.of(0, 4), unknown: "dissimilar" })).toContain("0 similar, 2 dissimilar and 0 unknown");
    expect(describeBatch(data, { rows: Uint32Array.of(0, 1), space: "banking" })).toMatch(/^2 rows of "banking"\n2 similar/);
  });

  it("says what is known of given pairs", () => {
    const given = triplets([{ q: "q", p: "p", n: "n" }], { anchor: "q", positive: "p", negative: "n" });
    const { rows, candidates } = given.sampler({ policy: "separate", labelsPerBatch: 2, samplesPerLabel: 2, random: new Random(1) }).next();
    expect(describeBatch(given, { rows, candidates })).toBe(
      '1 rows of given pairs, with 2 candidates\n1 similar, 1 dissimilar and 0 unknown pairs of a row and a candidate\n  (no label) × 1: "q"',
    );
    const graded = scored([{ a: "a", b: "b", n: 1 }], { a: "a", b: "b", score: "n" });
    const batch = graded.sampler({ policy: "separate", labelsPerBatch: 2, samplesPerLabel: 2, random: new Random(1) }).next();
    expect(describeBatch(graded, batch)).toMatch(
      /^1 rows of given pairs, with 1 candidates, with scores\n0 similar, 0 dissimilar and 1 unknown/,
    );
  });

  it("shortens what is long", () => {
    const many = labeled(
      Array.from({ length: 60 }, (_, i) => ({ text: `${i}`, label: `l${i % 15}` })),
      { value: "text", label: "label" },
    );
    const text = describeBatch(many, { rows: Uint32Array.from({ length: 60 }, (_, i) => i), space: "default" });
    expect(text).toContain('default/l0 × 4: "0", "15", "30", …');
    expect(text).toMatch(/… and 3 more labels$/);
  });
});
