import { type PlainParameters, viewLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handViewValue } from "../test/hand-views.js";
import { cosine, dot, mean, relu } from "../test/plain-math.js";
import { simSiam } from "./sim-siam.js";

type Rows = readonly (readonly number[])[];

describe("simSiam", () => {
  const columns = (rows: Rows) => rows[0]!.map((_, k) => rows.map((row) => row[k]!));
  const predict = (view: Rows, { hiddenKernel, hiddenScale, hiddenShift, outputKernel, outputShift }: PlainParameters): Rows => {
    let inner: Rows = view.map((row) => columns(hiddenKernel!).map((column) => dot(row, column)));
    if (hiddenScale) {
      const moments = columns(inner).map((values) => [mean(values), mean(values.map((x) => (x - mean(values)) ** 2))] as const);
      inner = inner.map((row) => row.map((x, h) => ((x - moments[h]![0]) / Math.sqrt(moments[h]![1] + 1e-5)) * hiddenScale[0]![h]!));
    }
    const hidden = inner.map((row) => row.map((x, h) => relu(x + hiddenShift![0]![h]!)));
    return hidden.map((row) => columns(outputKernel!).map((column, k) => dot(row, column) + outputShift![0]![k]!));
  };
  for (const batchNormalization of [true, false]) {
    const laws = viewLossLaws(simSiam({ hidden: 6, batchNormalization }), {
      oracle: ({ views }, parameters, fixed) =>
        mean(
          views.flatMap((view, a) => {
            const guesses = predict(view, parameters);
            return fixed.views.flatMap((other, b) => (a === b ? [] : [-mean(guesses.map((guess, i) => cosine(guess, other[i]!)))]));
          }),
        ),
    });
    for (const law of laws) it(`${law.title}${batchNormalization ? "" : ", without batch normalisation"}`, law.run);
  }

  it("gives the value worked by hand", async () => {
    // One hidden unit: h(x) = relu(x₁) · (3, 4): of length 5 times relu(x₁), so cosines are those with (0.6, 0.8). View a (1, 0) guesses (0.6, 0.8)
    // for view b (0, 2): −0.8; view b has x₁ = 0, guesses the zero vector: 0. The mean is −0.4.
    const parameters = { hiddenKernel: [[1], [0]], hiddenShift: [0], outputKernel: [[3, 4]], outputShift: [0, 0] };
    expect(await handViewValue(simSiam({ hidden: 1, batchNormalization: false }), [[[1, 0]], [[0, 2]]], parameters)).toBeCloseTo(-0.4, 6);
  });
  it("has a predictor a quarter as wide as the embeddings", async () => {
    const { Random } = await import("@quaterion/core");
    const shapes = (dim: number) =>
      Object.entries(simSiam().parameters!({ dim, classes: 0 }, new Random(1))).map(([name, { shape }]) => `${name} ${shape}`);
    expect(shapes(8)).toEqual(["hiddenKernel 8,2", "hiddenScale 2", "hiddenShift 2", "outputKernel 2,8", "outputShift 8"]);
    expect(shapes(1)[0]).toBe("hiddenKernel 1,1");
  });
  it("takes blocks of records only without batch normalisation", () => {
    expect([simSiam().wholeBatch, simSiam({ batchNormalization: false }).wholeBatch]).toEqual([true, false]);
  });
  it("says which option is wrong", () => {
    expect(() => simSiam({ hidden: 0 })).toThrow("`simSiam.hidden`");
    expect(() => simSiam({ batchNormalization: 1 as never })).toThrow("`simSiam.batchNormalization`");
  });
});
