import { expect, it } from "vitest";
import { relationChances } from "./relation-score.js";

// What scikit-learn's model says of these label pairs: evidence, then the chances of same, narrower, broader.
it.each([
  ["traffic, transport_traffic", [0.9113, 0.9689, 0.98, 0.8968, 0.6667], [0.9715, 0.0172, 0.0091]],
  ["definition, qa_definition", [0.6718, 0.8711, 0.94, 0.5723, 0.9091], [0.8745, 0.0878, 0.0061]],
  ["calendar_update, calendar_remove", [0.8978, 0.8112, 0.5, 0.8077, 0.5714], [0.6558, 0.0282, 0.2022]],
  ["calendar, calendar_query", [0.6149, 1.1166, 0.89, 0.3797, 0.7619], [0.4455, 0.472, 0.0056]],
  ["activate_my_card, new_card", [0.5597, 0.6579, 0.717, 0.05, 0.381], [0.0182, 0.1587, 0.003]],
  ["change_user_name, general_quirky", [-0.0029, 1.0129, 0.14, 0, 0], [0.0002, 0.0116, 0.0002]],
])("the chances of %s are those of the model that was fitted", (_, [belongsWithA, belongsWithB, shareOfA, shareOfB, names], expected) => {
  const { same, narrower, broader } = relationChances({ belongsWithA, belongsWithB, shareOfA, shareOfB, names: names!, identicalTexts: 0 });
  for (const [i, chance] of [same, narrower, broader].entries()) expect(chance).toBeCloseTo(expected[i]!, 2);
});

it("turns narrower and broader around when the labels change places", () => {
  const evidence = { belongsWithA: 0.4, belongsWithB: 1.1, shareOfA: 0.9, shareOfB: 0.2, names: 0.3, identicalTexts: 2 };
  const turned = { ...evidence, belongsWithA: 1.1, belongsWithB: 0.4, shareOfA: 0.2, shareOfB: 0.9 };
  const { same, narrower, broader } = relationChances(evidence);
  expect(narrower).toBeGreaterThan(broader);
  expect(relationChances(turned)).toEqual({ same, narrower: broader, broader: narrower });
});

it("goes by texts and names where there are no vectors, and proposes nothing from neither", () => {
  // 1 / (1 + exp(2.667 − 2.744 · 0.5 − 0.665 · ln 13))
  expect(relationChances({ identicalTexts: 12, names: 0.5 }).same).toBeCloseTo(0.6013, 4);
  expect(relationChances({ identicalTexts: 0, names: 0.39 }).same).toBe(0);
  expect(relationChances({ identicalTexts: 0, names: 1 })).toEqual({ same: expect.closeTo(0.5192, 4), narrower: 0, broader: 0 });
});

it("stays between 0 and 1 whatever the vectors say", () => {
  for (const belongs of [-1, 0, 2]) {
    for (const share of [0, 1]) {
      for (const identicalTexts of [0, 1, 1e6]) {
        const { same, narrower, broader } = relationChances({
          belongsWithA: belongs,
          belongsWithB: belongs,
          shareOfA: share,
          shareOfB: share,
          names: 1,
          identicalTexts,
        });
        const sum = same + narrower + broader;
        expect(Math.min(same, narrower, broader)).toBeGreaterThanOrEqual(0);
        expect(sum).toBeLessThanOrEqual(1);
      }
    }
  }
});
