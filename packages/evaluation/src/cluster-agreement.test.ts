import { Random } from "@quaterion/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterAgreement } from "./cluster-agreement.js";

const some = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 2, maxLength: 25 });

describe("clusterAgreement", () => {
  it("does not depend on names or order, and is symmetric where the measure is", () => {
    fc.assert(
      fc.property(some, (pairs) => {
        const [labels, clusters] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
        const found = clusterAgreement(labels, clusters);
        const renamed = clusterAgreement(
          labels.map((label) => `label ${9 - label}`).reverse(),
          clusters.map((cluster) => `cluster ${cluster ** 2}`).reverse(),
        );
        const turned = clusterAgreement(clusters, labels);
        for (const [name, value] of Object.entries(found)) {
          expect(Number.isFinite(value), name).toBe(true);
          expect(renamed[name as keyof typeof found], name).toBeCloseTo(value, 10);
        }
        for (const name of ["normalizedMutualInformation", "adjustedMutualInformation", "adjustedRandIndex", "fowlkesMallows"] as const)
          expect(turned[name], name).toBeCloseTo(found[name], 10);
        expect(turned.homogeneity).toBeCloseTo(found.completeness, 10);
      }),
    );
  });

  it("is 0 on average, where it is adjusted, for clusters made by chance, however many", () => {
    const random = new Random(3);
    const labels = Array.from({ length: 60 }, (_, i) => i % 6);
    for (const count of [2, 12, 30]) {
      const tries = Array.from({ length: 60 }, () =>
        clusterAgreement(
          labels,
          labels.map(() => random.integer(count)),
        ),
      );
      const mean = (of: (each: (typeof tries)[number]) => number) => tries.reduce((sum, each) => sum + of(each), 0) / tries.length;
      expect(Math.abs(mean((each) => each.adjustedMutualInformation))).toBeLessThan(0.03);
      expect(Math.abs(mean((each) => each.adjustedRandIndex))).toBeLessThan(0.02);
      expect(mean((each) => each.normalizedMutualInformation)).toBeGreaterThan(0.012 * count); // this one is not
    }
  });

  it("counts purity by the commonest label of each cluster", () => {
    expect(clusterAgreement(["a", "a", "b", "b", "b", "c"], [0, 0, 0, 1, 1, 1]).purity).toBeCloseTo(4 / 6);
  });

  it("takes one cluster of one label, and samples of one each, as agreement", () => {
    for (const [labels, clusters] of [
      [[1], [2]],
      [
        [1, 1, 1],
        [5, 5, 5],
      ],
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ] as const)
      expect(clusterAgreement(labels, clusters)).toMatchObject({ adjustedMutualInformation: 1, adjustedRandIndex: 1, homogeneity: 1 });
  });

  it("refuses nothing, and lengths that differ", () => {
    expect(() => clusterAgreement([], [])).toThrow("not empty; received 0 and 0");
    expect(() => clusterAgreement([1, 2], [1])).toThrow("received 2 and 1");
  });
});
