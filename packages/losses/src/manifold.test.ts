import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees, handClassValue } from "../test/hand-batch.js";
import { cosine, mean, sum } from "../test/plain-math.js";
import { manifold } from "./manifold.js";

type Matrix = number[][];

/** The inverse by Gauss–Jordan elimination. */
function inverse(matrix: Matrix): Matrix {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < size; i++) {
    const pivot = rows[i]![i]!;
    rows[i] = rows[i]!.map((x) => x / pivot);
    for (let k = 0; k < size; k++) {
      const factor = rows[k]![i]!;
      if (k !== i) rows[k] = rows[k]!.map((x, j) => x - factor * rows[i]![j]!);
    }
  }
  return rows.map((row) => row.slice(size));
}

function plain(
  embeddings: readonly (readonly number[])[],
  classes: readonly number[],
  prototypes: readonly (readonly number[])[],
  options: { walk: number; margin: number; contextWeight: number },
) {
  const nodes = [...embeddings, ...prototypes];
  const S = nodes.map((a, i) => nodes.map((b, j) => (i === j ? 0 : Math.exp(2 * Math.max(0, cosine(a, b))))));
  const D = S.map((row) => sum(row));
  const rest = S.map((row, i) => row.map((s, j) => (i === j ? 1 : 0) - (options.walk * s) / Math.sqrt(D[i]! * D[j]!)));
  const F = inverse(rest).map((row) => row.map((x) => (1 - options.walk) * x));
  const n = embeddings.length;
  const loss = (of: (i: number, k: number) => number) =>
    mean(
      embeddings.map((_, i) => {
        const excesses = prototypes.flatMap((__, k) => (k === classes[i] ? [] : [of(i, k) - of(i, classes[i]!) + options.margin]));
        return Math.log(1 + sum(excesses.filter((x) => x >= 0).map(Math.exp)));
      }),
    );
  return loss((i, k) => F[i]![n + k]!) + options.contextWeight * loss((i, k) => cosine(F[i]!, F[n + k]!));
}

describe("manifold", () => {
  for (const options of [
    { walk: 0.8, margin: 5e-4, contextWeight: 1 },
    { walk: 0.5, margin: 0.01, contextWeight: 0.3 },
  ]) {
    const laws = classLossLaws(manifold(options), {
      oracle: ({ embeddings, classes }, { prototypes }) => plain(embeddings, classes, prototypes!, options),
    });
    // The loss jumps by log 2 where a prototype ceases to be too near: a step may not cross that.
    for (const law of laws) it(`walk ${options.walk}: ${law.title}`, law.run);
  }

  it("gives the value worked by hand", async () => {
    // One sample at 0° of class 0, prototypes at 90° and 0°. S: 1 between 90° and the others, e² between sample and prototype 1; the sample's class is the
    // farther one. By symmetry of the nodes at 0°: D = 1 + e² = 8.3890561 twice, and 2. F_ik is greater for class 1, so both parts count one prototype.
    const options = { walk: 0.8, margin: 5e-4, contextWeight: 1 };
    const expected = plain(atDegrees(0), [0], atDegrees(90, 0), options);
    expect(expected).toBeGreaterThan(2 * Math.log(2));
    expect(await handClassValue(manifold(), atDegrees(0), [0], atDegrees(90, 0))).toBeCloseTo(expected, 5);
    expect(await handClassValue(manifold(), atDegrees(0), [1], atDegrees(90, 0))).toBeCloseTo(0, 6);
  });
  it("leaves out rows without a class, as samples and as places of the walk", async () => {
    const [rows, prototypes] = [atDegrees(60, 30, 80), atDegrees(0, 90)];
    const alone = await handClassValue(manifold(), rows.slice(0, 2), [0, 1], prototypes);
    expect(await handClassValue(manifold(), rows, [0, 1, -1], prototypes)).toBeCloseTo(alone, 5);
  });
  it("walks as far as it is allowed to", async () => {
    const [rows, prototypes] = [atDegrees(60, 30, 80), atDegrees(0, 90)];
    const options = { walk: 0.99, margin: 0.01, contextWeight: 1 };
    expect(await handClassValue(manifold(options), rows, [0, 1, 0], prototypes)).toBeCloseTo(
      plain(rows, [0, 1, 0], prototypes, options),
      4,
    );
  });
  it("says which option is wrong", () => {
    expect(() => manifold({ walk: 1 })).toThrow("`manifold.walk` must be a number above 0, up to 0.99; received 1.");
    expect(() => manifold({ walk: 0 })).toThrow("`manifold.walk`");
    expect(() => manifold({ margin: -1 })).toThrow("`manifold.margin`");
    expect(() => manifold({ contextWeight: -1 })).toThrow("`manifold.contextWeight`");
  });
});
