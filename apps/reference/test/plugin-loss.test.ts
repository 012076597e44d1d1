import { rm } from "node:fs/promises";
import { memoryCache } from "@quaterion/cache";
import { combine } from "@quaterion/datasets";
import { hashingEncoder } from "@quaterion/encoders";
import { fit } from "@quaterion/trainer";
import { binomialDeviance } from "quaterion-loss-example";
import { expect, it } from "vitest";
import { readSets } from "../src/read-sets.js";
import { smallSets } from "./small-sets.js";

it("an outsider's loss trains on datasets whose labels do not match, as any other", async () => {
  const { folder, bank, home } = await smallSets();
  const sets = await readSets({ data: [bank, home], train: "train.csv", test: "test.csv", text: { "": "text" }, label: { "": "label" } });
  await rm(folder, { recursive: true });
  const data = combine({ bank: sets.bank!.train, home: sets.home!.train });
  const { report } = await fit({
    data,
    encoder: hashingEncoder({ dim: 128 }),
    loss: binomialDeviance(),
    cache: memoryCache(),
    policy: "masked",
    steps: 40,
    learningRate: 0.01,
    engine: "cpu",
  });
  expect(report.lastLoss!).toBeLessThan(report.firstLoss! * 0.8);
}, 60_000);
