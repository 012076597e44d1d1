import { expect, it } from "vitest";
import { classLossLaws, relationLossLaws, scoreLossLaws, viewLossLaws } from "./index.js";

it("says at once that a factory was not called, or that there is no loss", () => {
  expect(() => relationLossLaws((() => ({})) as never)).toThrow(
    "`relationLossLaws` must be given a loss; received a function, which has no function `compute`. Call the factory: relationLossLaws(myLoss()).",
  );
  for (const laws of [relationLossLaws, classLossLaws, scoreLossLaws, viewLossLaws])
    expect(() => (laws as (loss: unknown) => unknown)(undefined)).toThrow(/^`\w+LossLaws` must be given a loss; received undefined/);
});
