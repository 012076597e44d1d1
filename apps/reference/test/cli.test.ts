import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { Results } from "../src/results.js";
import { program } from "./program.js";
import { useSmallSets } from "./use-small-sets.js";

const sets = useSmallSets();
const settings = () => ["--encoder", "hashing", "--steps", "20", "--engine", "onnxruntime"];

describe("the main job", () => {
  it("trains on sets whose labels do not match, compares, keeps the promises, saves, and answers afterwards", async () => {
    const [json, model] = [join(sets.folder, "results.json"), join(sets.folder, "model")];
    const first = await program("--data", sets.bank, "--data", sets.home, ...settings(), "--json", json, "--out", model);
    expect(first.err).toBe("");
    expect(first.code).toBe(0);
    const results: Results = JSON.parse(await readFile(json, "utf8"));
    for (const space of ["bank", "home"]) {
      for (const name of ["untrained", "single", "combined", "collided"] as const) {
        const { accuracy, low, high, rule } = results.spaces[space]![name];
        expect(low).toBeLessThanOrEqual(accuracy);
        expect(high).toBeGreaterThanOrEqual(accuracy);
        expect(rule).toMatch(/\w/);
      }
    }
    expect(results.sharedIndex.combined!.accuracy).toBeGreaterThan(0);
    expect(results).toMatchObject({ engine: "onnxruntime", encoder: "hashed n-grams", seed: 1, model });
    expect(Object.keys(results.seconds)).toEqual(expect.arrayContaining(["read", "encode", "train", "evaluate", "save"]));
    expect(results.cache.misses).toBeGreaterThan(0);
    expect(results.promises.refused.known).toBeLessThanOrEqual(1);
    expect(Object.keys(results.learningCurves)).toEqual(["bank", "home"]);
    expect(results.learningCurves.bank!.points.map(({ share, n }) => [share, n])).toEqual([0.25, 0.5, 1].map((share) => [share, 12]));
    expect(first.out).toMatch(/bank: \d+\.\d % with half of the examples, \d+\.\d % with all .*; with twice as many, about \d/);
    expect(first.out).toMatch(/Engine: onnxruntime; .*\n\n3\. Training/);
    for (const text of ["1. The data", "5. Five promises", "The model and its references are in"]) expect(first.out).toContain(text);
    expect(first.out).toContain("Refusal. Nothing is refused: the 6 test texts that were held out to tell by are too few");
    expect(first.out).toMatch(/In brackets: the 95 % interval[\s\S]*(nearest|vote|centroids|shrunkCentroids|logistic): \w+ \w+/);
    // Two or so test texts a label: nothing is clear.
    expect(first.out).toContain("than a model for each set alone: no clear difference on bank and home.");
    expect(first.out).toMatch(/than the untrained encoder: .*the shared index/);
    expect(first.out).not.toContain("on purpose"); // said of the app's own sets

    const again = await program("--data", sets.bank, "--data", sets.home, ...settings(), "--json", json, "--out", model);
    expect(again.out).toContain("Nothing had to be encoded");
    const second: Results = JSON.parse(await readFile(json, "utf8"));
    expect(second.spaces).toEqual(results.spaces);
    expect(second.cache.misses).toBe(0);

    const asked = await program("classify", "my", "card", "was", "stolen", "--model", model, "--space", "bank");
    expect(asked.code).toBe(0);
    expect(asked.out).toContain("bank/lost_card");
    expect(asked.out).toContain("What decided it");

    // The trained model's own vectors and answers as evidence for which labels mean the same.
    const out = join(sets.folder, "by-model.json");
    const aligned = await program("align", "--data", sets.bank, "--data", sets.home, "--model", model, "--out", out, "--least-score", "0");
    expect([aligned.code, aligned.err]).toEqual([0, ""]);
    const { proposals } = JSON.parse(await readFile(out, "utf8"));
    expect(proposals).toHaveLength(12);
    for (const { because } of proposals) expect(because).toMatch(/in the other set, \d+ % of a's texts would get b/);
  }, 300_000);
});

describe("one set", () => {
  it("is trained on once: its own model is the combined one, and one row stands for both", async () => {
    const json = sets.file("one.json");
    const { code, err, out } = await program("--data", sets.bank, ...settings(), "--json", json, "--out", sets.file("one"));
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("one row stands for them");
    expect(out).toMatch(/│ untrained encoder +│/);
    expect(out).toMatch(/│ trained model +│/);
    expect(out).not.toMatch(/│ (combined|a model for each|the classic mistake)|shared index|alone\n/);
    const { bank }: Results["spaces"] = JSON.parse(await readFile(json, "utf8")).spaces;
    expect(bank!.single).toEqual(bank!.combined);
    expect(bank!.collided).toEqual(bank!.combined);
  }, 300_000);
});

describe("the cache command", () => {
  it("says where the cache is and how big, and empties it", async () => {
    const before = await program("cache");
    expect(before.out).toContain(sets.quaterionHome);
    const cleared = await program("cache", "--clear");
    expect(cleared.out).toContain("It is empty now.");
    expect((await program("cache")).out).toContain("It holds 0 embeddings");
  });
});

describe("bad input", () => {
  const cases: [string, (folder: string) => string[] | Promise<string[]>, RegExp][] = [
    ["a folder that is not there", (folder) => ["--data", join(folder, "bnak")], /--data.*bnak.*Did you mean "bank"/],
    ["a file for a folder", (folder) => ["--data", join(folder, "bank", "train.csv")], /must be a folder.*is a file/],
    ["two folders of one name", (folder) => ["--data", join(folder, "bank"), "--data", join(folder, "bank")], /two folders named "bank"/],
    ["a file that is not there", (folder) => ["--data", join(folder, "bank"), "--train", "trian.csv"], /trian\.csv.*train\.csv/],
    ["a missing column", (folder) => ["--data", join(folder, "bank"), "--label", "intent"], /train\.csv.*"intent".*(label|text)/],
    ["an unknown option", () => ["--polcy", "masked"], /unknown option '--polcy'[\s\S]*--policy/],
    ["an unknown policy", () => ["--policy", "maskd"], /policy.*'maskd' is invalid.*Did you mean "masked"/],
    ["an unknown engine", () => ["--engine", "onnx"], /engine.*'onnx' is invalid.*onnxruntime.*tfjs-node/],
    [
      "an engine whose package is not installed",
      (folder) => ["--data", join(folder, "bank"), "--engine", "tfjs-node"],
      /`--engine tfjs-node` can't be used here: the package @tensorflow\/tfjs-node is not installed.*npm install @tensorflow\/tfjs-node\. Leave `--engine` out/,
    ],
    ["no steps", () => ["--steps", "0"], /--steps.*whole number of 1 or more/],
    ["steps of an encoder that is not trained", () => ["--tune-steps", "5"], /--tune-steps is for an encoder that is trained/],
    [
      "a folder that nothing can be written to",
      () => ["--out", "/proc/quaterion/model"],
      /`--out` names .*nothing can be written to \/proc/,
    ],
    ["no name for the model's folder", () => ["--out", ""], /--out.*Expected the name of a folder/],
    ["an unknown command", () => ["clasify", "hello"], /unknown command 'clasify'.*Did you mean "classify"/],
    ["no text", () => ["classify", " "], /There is no text to answer\. Give one in quotes: npm start -- classify "/],
    ["an encoder's name with a slip", (folder) => ["--data", join(folder, "bank"), "--encoder", "hasing"], /Did you mean "hashing"/],
    [
      "a folder to save to that holds other things",
      (folder) => ["--data", join(folder, "bank"), "--out", folder],
      /holds other files.*new or empty/,
    ],
    ["results that could not be written", (folder) => ["--json", join(folder, "none", "r.json")], /--json.*none, which is no folder/],
    [
      "texts that fit no label, which are not there",
      (folder) => ["--data", join(folder, "bank"), "--out-of-scope", join(folder, "odd.csv")],
      /odd\.csv: There is no such file/,
    ],
    ["a seed that is no number", () => ["--seed", "one"], /--seed.*received "one"/],
    [
      "an encoder that is not there",
      (folder) => ["--data", join(folder, "bank"), "--encoder", join(folder, "no-model")],
      /there is no such folder here.*There is no folder .*no-model/,
    ],
    [
      "an encoder that is not there, beside",
      (folder) => ["--data", join(folder, "bank"), "--encoder", "./no-model"],
      /There is no folder .*no-model/,
    ],
    [
      "texts and labels in each other's column",
      (folder) => ["--data", join(folder, "bank"), "--text", "label", "--label", "text"],
      /bank\/train\.csv: Each label has one text only.*in each other's column, which --text and --label name/,
    ],
    [
      "no header line",
      async (folder) => {
        await writeFile(join(folder, "bank", "bare.csv"), "a text,x\nanother,y\n");
        return ["--data", join(folder, "bank"), "--train", "bare.csv"];
      },
      /bare\.csv, row 1, column "text".*The first line must name the columns/,
    ],
    [
      "an empty file",
      async (folder) => {
        await writeFile(join(folder, "bank", "empty.csv"), "");
        return ["--data", join(folder, "bank"), "--train", "empty.csv"];
      },
      /empty\.csv.*(empty|no rows|no header)/i,
    ],
    [
      "an empty text",
      async (folder) => {
        await writeFile(join(folder, "bank", "hole.csv"), 'text,label\na text,x\n"  ",y\n');
        return ["--data", join(folder, "bank"), "--train", "hole.csv"];
      },
      /hole\.csv, row 3, column "text"/,
    ],
    [
      "a set of one class",
      async (folder) => {
        await writeFile(join(folder, "bank", "one.csv"), "text,label\na text,x\nanother,x\n");
        return ["--data", join(folder, "bank"), "--train", "one.csv"];
      },
      /one\.csv: All texts have one label, "x": there is nothing to tell it from/,
    ],
    [
      "a relation between labels that are not there",
      async (folder) => {
        await writeFile(join(folder, "relations.json"), '{ "same": [["bank/lost_crad", "home/money"]] }');
        return ["--data", join(folder, "bank"), "--data", join(folder, "home"), "--relations", join(folder, "relations.json")];
      },
      /relations\.json: Pair 1 of "same", "bank\/lost_crad" and "home\/money": the set "bank" has no label "lost_crad".*bank\/lost_card/,
    ],
    [
      "relations that contradict each other",
      async (folder) => {
        await writeFile(
          join(folder, "relations.json"),
          '{ "same": [["bank/lost_card", "home/money"]], "disjoint": [["bank/lost_card", "home/money"]] }',
        );
        return ["--data", join(folder, "bank"), "--data", join(folder, "home"), "--relations", join(folder, "relations.json")];
      },
      /bank\/lost_card.*home\/money/,
    ],
    [
      "a model that is not there",
      () => ["classify", "hello", "--model", "no-model-here"],
      /There is no model in no-model-here\. Train one with: npm start/,
    ],
  ];

  it.each(cases)("%s: one sentence that says what and where, exit code 1, no stack", async (_, argv, message) => {
    const given = await argv(sets.folder);
    const { code, out, err } = await program(
      ...given,
      ...(given[0] === "classify" ? [] : ["--encoder", "hashing"].filter(() => !given.includes("--encoder"))),
    );
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^\s+at /m);
    expect(out).not.toContain("1. The data"); // nobody reads a report or waits for a training first
    expect(code).toBe(1);
  });

  it("a folder for Quaterion's files that can't be made: the variable that names it is named", async () => {
    await writeFile(sets.file("plain"), "");
    vi.stubEnv("QUATERION_HOME", sets.file("plain"));
    const { code, out, err } = await program("--data", sets.bank, "--encoder", "hashing");
    vi.stubEnv("QUATERION_HOME", sets.quaterionHome);
    expect(err).toContain(`The environment variable QUATERION_HOME names ${sets.file("plain")}`);
    expect(out).not.toContain("1. The data");
    expect(code).toBe(1);
  });
});
