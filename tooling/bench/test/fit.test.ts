import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TrainingData } from "@quaterion/core";
import { fit } from "@quaterion/trainer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chosenCases, type FitCase, fitCases, wholeNumber } from "../src/fit/cases.js";
import { fitRow, line, type RunFigures, sameWork } from "../src/fit/report.js";
import { workOf } from "../src/fit/work.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fit-bench-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("cases", () => {
  it("are chosen by name or kind", () => {
    expect(chosenCases("cached,head").map(({ name }) => name)).toEqual(["head", "cached-2048", "cached-16384"]);
    const long = ["encoder-cached-16384"];
    expect(chosenCases(undefined)).toEqual(fitCases.filter(({ name }) => !long.includes(name)));
    expect(chosenCases("encoder").map(({ name }) => name)).toEqual(["encoder-all", "encoder-lora", "encoder-cached"]);
    expect(chosenCases(long[0]).map(({ name }) => name)).toEqual(long);
  });

  it("and numbers that can't be are refused by the option's name", () => {
    expect(() => chosenCases("hed")).toThrow(/--only: there is no case "hed".*Did you mean "head"/);
    for (const text of ["0", "1.5", "x", ""]) expect(() => wholeNumber("rounds", text)).toThrow(/--rounds must be a whole number from 1/);
  });
});

it("the peer is given the batches that fit draws, in their order, and the rates it takes", { timeout: 240_000 }, async () => {
  const one: FitCase = { ...fitCases[0]!, labels: 8, samples: 64, labelsPerBatch: 4, samplesPerLabel: 4, epochs: 2 };
  const work = await workOf(one, { folder, threads: 1, files: [] });
  const plan = JSON.parse(await readFile(join(folder, "plan.json"), "utf8"));
  const options = await work.options(work.steps);
  const drawn: number[][][] = [];
  const { history } = await fit({ ...options, data: watched(options.data, drawn) });
  expect(plan.batches).toHaveLength(8);
  expect(drawn).toContainEqual(plan.batches);
  expect(history.map(({ learningRate }) => learningRate)).toEqual(plan.rates);
  expect(plan.labels.slice(0, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0, 1]);
});

describe("rows", () => {
  const run = (trainingMs: number, compileMs: number, peakMiB: number): RunFigures => ({ trainingMs, compileMs, peakMiB, losses: [2, 1] });

  it("tell compiling from training, and compare medians", () => {
    const ours = [run(500, 300, 90), run(100, 0, 100), run(120, 0, 95)]; // without compiling 200, 100, 120
    const peer = [run(240, 0, 400), run(200, 0, 410), run(900, 0, 420)];
    const row = fitRow({ name: "a", per: "step" }, ours, peer);
    expect(row).toMatchObject({ steps: 2, oursMs: 60, peerMs: 120, ratio: 0.5, compileMs: 300, peakMiB: 100, peerPeakMiB: 420 });
    expect(row.wholeRatio).toBeCloseTo((120 + 300) / 240);
    expect(fitRow({ name: "a", per: "run" }, ours, peer)).toMatchObject({ oursMs: 120, peerMs: 240 });
  });

  it("show ours alone where there is no peer, and why", () => {
    const row = fitRow({ name: "a", per: "run" }, [run(100, 0, 1)], [], "no torch");
    expect(row).not.toHaveProperty("ratio");
    expect(line(row)).toMatch(/missing: no torch$/);
    expect(line(row)).not.toMatch(/NaN|undefined/);
  });

  it("are not made of different work", () => {
    expect(() => sameWork([2, 1], [2.001, 1.001], 5e-3)).not.toThrow();
    expect(() => sameWork([2, 1], [2, 1.1], 5e-3)).toThrow("at step 2 our loss is 1, the peer's 1.1");
    expect(() => sameWork([2, 1], [2], 5e-3)).toThrow("not the same work");
    expect(() => sameWork([2], [Number.NaN], 5e-3)).toThrow("not the same work");
  });
});

/** The data, telling what its samplers draw. */
function watched<Value>(data: TrainingData<Value>, drawn: number[][][]): TrainingData<Value> {
  const sampler: TrainingData<Value>["sampler"] = (options) => {
    const made = data.sampler(options);
    const batches: number[][] = [];
    drawn.push(batches);
    const next = () => {
      const batch = made.next();
      batches.push([...batch.rows]);
      return batch;
    };
    return { batchesPerEpoch: made.batchesPerEpoch, next, state: () => made.state(), restore: (state) => made.restore(state) };
  };
  return new Proxy(data, { get: (of, key) => (key === "sampler" ? sampler : Reflect.get(of, key, of)) });
}
