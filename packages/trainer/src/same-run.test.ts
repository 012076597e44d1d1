import { expect, it } from "vitest";
import { checkSameRun } from "./checkpoint.js";

it.each([
  [{ margin: 0.2, miner: "all" }, { margin: 0.3, miner: "all" }, "loss.config.margin 0.2; this run has 0.3. Use the same loss,"],
  [{ miner: "all" }, { margin: 0.3, miner: "all" }, "loss.config.margin none; this run has 0.3."],
  [{ parts: [1, 2] }, { parts: [1] }, "loss.config.parts [1,2]; this run has [1]."],
])("a run that goes on is told which of the options is another: %j, %j", (before, now, message) => {
  const run = (config: object) => ({
    steps: 9,
    loss: { name: "triplets of a long name, so that a message that shows all of it is cut", config } as never,
  });
  checkSameRun("runs/step-3", run(before), run(before));
  expect(() => checkSameRun("runs/step-3", run(before), run(now))).toThrow(`runs/step-3: it was written by a run with ${message}`);
});

it("a run with another loss is told its name, not an option", () => {
  const run = (name: string, config: object) => ({ loss: { name, config } as never });
  expect(() => checkSameRun("x", run("one", { a: 1 }), run("two", {}))).toThrow(
    'with loss {"name":"one","config":{"a":1}}; this run has {"name":"two"',
  );
});
