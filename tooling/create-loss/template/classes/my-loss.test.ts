import { classLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { myLoss } from "./my-loss.js";

describe("myLoss", () => {
  // With { oracle: (batch) => … }, the formula in plain loops, its value is held to float64 too.
  for (const law of classLossLaws(myLoss())) it(law.title, law.run);

  it("says which option is wrong", () => {
    expect(() => myLoss({ scale: 0 })).toThrow("`myLoss.scale` must be a finite number above 0; received 0.");
  });
});
