import { relationLossLaws, viewLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { atDegrees } from "../test/hand-batch.js";
import { handViewValue } from "../test/hand-views.js";
import { cosine, mean, sum } from "../test/plain-math.js";
import { contrastive } from "./contrastive.js";
import { nTXent } from "./n-t-xent.js";
import { selfSupervised } from "./self-supervised.js";
import { softmax } from "./softmax.js";
import { tripletMargin } from "./triplet-margin.js";

describe("selfSupervised", () => {
  const temperature = 0.5;
  for (const symmetric of [true, false]) {
    const laws = viewLossLaws(selfSupervised(nTXent({ temperature }), { symmetric }), {
      oracle: ({ views }) => {
        const rows = views.flatMap((view, v) => view.map((row, record) => ({ row, record, view: v })));
        return mean(
          rows.flatMap((a) => {
            if (!symmetric && a.view !== 0) return [];
            const others = rows.filter((b) => (symmetric ? b !== a : b.view !== 0));
            const exponential = (b: (typeof rows)[0]) => Math.exp(cosine(a.row, b.row) / temperature);
            const negatives = sum(others.filter((b) => b.record !== a.record).map(exponential));
            return others.filter((b) => b.record === a.record).map((p) => -Math.log(exponential(p) / (exponential(p) + negatives)));
          }),
        );
      },
    });
    for (const law of laws) it(`${law.title} (${symmetric ? "symmetric" : "the first view against the others"})`, law.run);
  }

  it("gives the values worked by hand", async () => {
    // Views a: 0°, 90°; b: 60°, 90°. Contrastive with distance 1 − cos and margin 1: similar 0°–60°: ½ · 0.5² = 0.125, 90°–90°: 0; dissimilar, push
    // ½ cos²: 0°–90° (a, a): 0; 0°–90° (a, b): 0; 60°–90° (b with a, and b with b): ½ · 0.75 = 0.375 each. Each pair twice, over 2 + 4 pairs:
    // (0.125 + 0.75) / 6. The first view alone as anchors has pairs 0°–60°, 0°–90°, 90°–60°, 90°–90°: (0.125 + 0.375) / 4.
    const { cosineDistances } = await import("./cosine-distances.js");
    const { mean: meanReducer } = await import("./mean.js");
    const loss = contrastive({ distances: cosineDistances, margin: 1, reducer: meanReducer() });
    const views = [atDegrees(0, 90), atDegrees(60, 90)];
    expect(await handViewValue(selfSupervised(loss), views)).toBeCloseTo(0.875 / 6, 5);
    expect(await handViewValue(selfSupervised(loss, { symmetric: false }), views)).toBeCloseTo(0.125, 5);
  });
  it("tells the loss within of the relations among candidates", async () => {
    const views = [atDegrees(0, 90), atDegrees(60, 80)];
    const swapped = selfSupervised(tripletMargin({ swap: true }), { symmetric: false });
    expect(await handViewValue(swapped, views)).toBeGreaterThan(0);
  });
  it("says what is wrong", async () => {
    expect(() => selfSupervised(softmax() as never)).toThrow("`selfSupervised.loss` must read relations; received softmax");
    expect(() => selfSupervised(3 as never)).toThrow("`selfSupervised.loss` must be a loss");
    expect(() => selfSupervised(nTXent(), { symmetric: 1 as never })).toThrow("`selfSupervised.symmetric`");
    await expect(handViewValue(selfSupervised(nTXent()), [[[1, 2]]])).rejects.toThrow("`selfSupervised` needs two or more views");
  });
  it("leaves the loss within as it is", () => {
    expect(relationLossLaws(nTXent()).length).toBeGreaterThan(0);
    const wrapped = selfSupervised(nTXent());
    expect([wrapped.reads, wrapped.memory, wrapped.wholeBatch, wrapped.name]).toEqual(["views", false, true, "selfSupervised(nTXent)"]);
  });
});
