import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { labelAffinities } from "./label-affinities.js";

const dim = 5;
const random = new Random(3);
const rows = 40;
const embeddings = Float32Array.from({ length: rows * dim }, () => random.normal() + 0.3);
const classesOf = (labels: number, from: number, to: number) =>
  Int32Array.from({ length: rows }, (_, row) => (row >= from && row < to ? (row * 7) % labels : -1));
const left = { name: "l", labels: ["a", "b", "c"], classes: classesOf(3, 0, 18) };
const right = { name: "r", labels: ["x", "y", "z", "w"], classes: classesOf(4, 18, 40) };
const affinities = labelAffinities(left, right, embeddings);

/** Plain loops over pairs of texts. */
const cosine = (i: number, j: number) => {
  let [dot, a, b] = [0, 0, 0];
  for (let d = 0; d < dim; d++) {
    const [x, y] = [embeddings[i * dim + d]!, embeddings[j * dim + d]!];
    dot += x * y;
    a += x * x;
    b += y * y;
  }
  return dot / Math.sqrt(a * b);
};
const rowsOf = ({ classes }: { classes: Int32Array }, c: number) => [...classes.keys()].filter((row) => classes[row] === c);
const meanOf = (one: readonly number[], other: readonly number[]) => {
  const cosines = one.flatMap((i) => other.filter((j) => j !== i).map((j) => cosine(i, j)));
  return cosines.reduce((sum, each) => sum + each, 0) / cosines.length;
};

describe("labelAffinities", () => {
  it("compares the mean cosine of two labels' texts with that of each one's own, pair by pair", () => {
    for (let x = 0; x < 3; x++) {
      for (let y = 0; y < 4; y++) {
        const across = (a: number, b: number) => meanOf(rowsOf(left, a), rowsOf(right, b));
        const baseLeft = [0, 1, 2, 3].reduce((sum, other) => sum + across(x, other), 0) / 4;
        const baseRight = [0, 1, 2].reduce((sum, other) => sum + across(other, y), 0) / 3;
        const own = { left: meanOf(rowsOf(left, x), rowsOf(left, x)), right: meanOf(rowsOf(right, y), rowsOf(right, y)) };
        const expected = (base: number, mine: number) =>
          mine - base < 1e-6 ? 0 : Math.max(-1, Math.min(2, (across(x, y) - base) / (mine - base)));
        expect(affinities.toLeft[x * 4 + y]).toBeCloseTo(expected(baseLeft, own.left), 5);
        expect(affinities.toRight[x * 4 + y]).toBeCloseTo(expected(baseRight, own.right), 5);
      }
    }
  });

  it("counts how many of a label's texts are nearest to each centroid of the other space", () => {
    const centroid = (space: typeof left, c: number) => {
      const sum = new Float64Array(dim);
      for (const row of rowsOf(space, c)) for (let d = 0; d < dim; d++) sum[d]! += embeddings[row * dim + d]! / Math.sqrt(squares(row));
      const length = Math.hypot(...sum);
      return sum.map((value) => value / length);
    };
    const squares = (row: number) => embeddings.subarray(row * dim, (row + 1) * dim).reduce((sum, value) => sum + value * value, 0);
    const nearest = (row: number, space: typeof left) => {
      const dots = space.labels.map((_, c) => centroid(space, c).reduce((sum, value, d) => sum + value * embeddings[row * dim + d]!, 0));
      return dots.indexOf(Math.max(...dots));
    };
    for (let x = 0; x < 3; x++) {
      for (let y = 0; y < 4; y++) {
        const [ofLeft, ofRight] = [rowsOf(left, x), rowsOf(right, y)];
        expect(affinities.shareOfLeft[x * 4 + y]).toBeCloseTo(ofLeft.filter((row) => nearest(row, right) === y).length / ofLeft.length, 12);
        expect(affinities.shareOfRight[x * 4 + y]).toBeCloseTo(
          ofRight.filter((row) => nearest(row, left) === x).length / ofRight.length,
          12,
        );
      }
    }
  });

  it("gives numbers for labels with one text, and with none", () => {
    const lonely = { name: "s", labels: ["one", "none"], classes: Int32Array.from({ length: rows }, (_, row) => (row === 39 ? 0 : -1)) };
    for (const numbers of Object.values(labelAffinities(left, lonely, embeddings)))
      for (const value of numbers) expect(value).not.toBeNaN();
  });
});
