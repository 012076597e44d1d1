import { describe, expect, it } from "vitest";
import { withoutHugeGradients } from "../src/zero-rows.js";

describe("withoutHugeGradients", () => {
  it("expects 0 of zero rows with a huge gradient, and leaves the rest", () => {
    const values = [
      [0, 0],
      [0, 0],
      [1e-8, 0],
    ];
    const gradient = [
      [2e11, 1],
      [0.5, 1],
      [2e7, 1],
    ];
    const said = withoutHugeGradients({
      inputs: [
        { values, gradient },
        { values: [1, 2], gradient: [3, 4] },
      ],
      value: undefined as never,
    });
    expect(said.inputs.map((input) => input.gradient)).toEqual([
      [
        [0, 0],
        [0.5, 1],
        [2e7, 1],
      ],
      [3, 4],
    ]);
    expect(said.differs).toContain("no direction");
  });
});
