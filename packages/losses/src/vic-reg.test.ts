import { viewLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { handViewValue } from "../test/hand-views.js";
import { mean, meanOfTwos, relu, sum } from "../test/plain-math.js";
import { vicReg } from "./vic-reg.js";

type Rows = readonly (readonly number[])[];

describe("vicReg", () => {
  const [invariance, variance, covariance, epsilon] = [10, 5, 2, 1e-3];
  const covariances = (view: Rows) => {
    const means = view[0]!.map((_, k) => mean(view.map((row) => row[k]!)));
    return means.map((_, k) =>
      means.map((_, l) => sum(view.map((row) => (row[k]! - means[k]!) * (row[l]! - means[l]!))) / (view.length - 1)),
    );
  };
  const narrow = (view: Rows) => mean(covariances(view).map((row, k) => relu(1 - Math.sqrt(row[k]! + epsilon))));
  const shared = (view: Rows) =>
    sum(covariances(view).flatMap((row, k) => row.filter((_, l) => l !== k).map((c) => c * c))) / view[0]!.length;
  const laws = viewLossLaws(vicReg({ invariance, variance, covariance, epsilon }), {
    oracle: ({ views }) =>
      meanOfTwos(
        views,
        (a, b) =>
          invariance * mean(a.flatMap((row, i) => row.map((x, k) => (x - b[i]![k]!) ** 2))) +
          (variance * (narrow(a) + narrow(b))) / 2 +
          covariance * (shared(a) + shared(b)),
      ),
  });
  for (const law of laws) it(law.title, law.run);

  it("gives the value worked by hand, part by part", async () => {
    // z = (1, 0), (0, 1): variances ½, covariance −½; z′ = (1, 1), (0, 0): variances ½, covariance ½. (z − z′)² = 0, 1, 0, 1: mean ½.
    // v = 1 − √½ = 0.2928932 in both; c = (¼ + ¼) / 2 = ¼ in both.
    const views = [
      [
        [1, 0],
        [0, 1],
      ],
      [
        [1, 1],
        [0, 0],
      ],
    ];
    const value = (weights: object) =>
      handViewValue(vicReg({ invariance: 0, variance: 0, covariance: 0, epsilon: 1e-9, ...weights }), views);
    expect(await value({ invariance: 3 })).toBeCloseTo(1.5, 5);
    expect(await value({ variance: 3 })).toBeCloseTo(3 * 0.2928932, 5);
    expect(await value({ covariance: 3 })).toBeCloseTo(1.5, 5);
  });
  it("says which option is wrong, and that one view is too few", async () => {
    for (const name of ["invariance", "variance", "covariance", "epsilon"] as const)
      expect(() => vicReg({ [name]: -1 })).toThrow(`\`vicReg.${name}\``);
    await expect(handViewValue(vicReg(), [[[1, 2]]])).rejects.toThrow("`vicReg` needs two or more views of each record; received 1.");
  });
});
