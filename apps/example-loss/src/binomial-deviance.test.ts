import { relationLossLaws } from "@quaterion/testing";
import { describe, expect, it } from "vitest";
import { binomialDeviance } from "./binomial-deviance.js";

describe("binomialDeviance", () => {
  for (const law of relationLossLaws(binomialDeviance({ cost: 2 }))) it(law.title, law.run);

  it("says which option is wrong", () => {
    expect(() => binomialDeviance({ alpha: 0 })).toThrow("`binomialDeviance.alpha` must be a finite number above 0; received 0.");
  });
});
