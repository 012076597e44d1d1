import { describe, expect, it } from "vitest";
import { formulaOf, nameOfFormula, samplesOf } from "./sizes.js";

const samples = samplesOf(["batch", "length"]);
const [batch, length] = [samples.get("batch")!, samples.get("length")!];

describe("formulaOf", () => {
  it.each<[string, (batch: number, length: number) => number]>([
    ["6", () => 6],
    ["batch", (b) => b],
    ["12*length", (_, l) => 12 * l],
    ["batch*length", (b, l) => b * l],
    ["4*batch*batch", (b) => 4 * b * b],
    ["batch+2", (b) => b + 2],
    ["3*length-1", (_, l) => 3 * l - 1],
  ])("finds %s", (name, size) => {
    const formula = formulaOf(
      batch.map((b, trace) => size(b, length[trace]!)),
      samples,
    );
    expect(nameOfFormula(formula!)).toBe(name);
  });

  it("finds nothing where two traces agree on a formula and the third does not", () => {
    expect(formulaOf([batch[0]!, batch[1]!, batch[2]! + 1], samples)).toBeUndefined();
    expect(formulaOf([batch[0]! + 1, batch[1]! + 1, batch[2]!], samples)).toBeUndefined();
  });
});
