import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashingEncoder } from "@quaterion/encoders";
import { logistic } from "@quaterion/serving";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answersOf, sharedIndex } from "../src/labels/answers.js";
import { grainsTask, newClassesTask, setsTask } from "../src/labels/label-sets.js";
import { askedAbout, type Candidate } from "../src/labels/models.js";
import { scopeFigures, scopeSets, scopeTable } from "../src/labels/out-of-scope.js";
import { cellOf, markdown } from "../src/labels/report.js";
import { heldOutTask } from "../src/tune/held-out.js";

let root: string;
const write = async (path: string, text: string) => {
  await mkdir(join(root, path, ".."), { recursive: true });
  await writeFile(join(root, path), text);
};
const csv = (header: string, rows: readonly string[]) => `${header}\n${rows.join("\n")}\n`;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "labels-"));
  await write("one/train_5.csv", csv("text,label", ["red rose,flower", "blue tulip,flower", "green frog,animal", "brown bear,animal"]));
  await write("one/test.csv", csv("text,label", ["red tulip,flower", "green bear,animal"]));
  await write("two/train_5.csv", csv("text,label", ["fast car,ride", "slow car,ride", "big house,home", "small house,home"]));
  await write("two/test.csv", csv("text,label", ["big car,ride", "small house,home"]));
  const fine = ["a", "b", "c"].flatMap((label) =>
    Array.from({ length: 40 }, (_, i) => `${label} ${i},${label === "c" ? "y" : "x"},${label}`),
  );
  await write("grains/train.csv", csv("text,scenario,intent", fine));
  await write("grains/test.csv", csv("text,scenario,intent", ["a 99,x,a", "c 99,y,c"]));
});
afterAll(() => rm(root, { recursive: true }));

describe("tasks", () => {
  it("learns fine and coarse labels from samples that do not overlap", async () => {
    const { train, narrower } = await grainsTask(join(root, "grains"));
    expect([train["fine"]!.values.length, train["coarse"]!.values.length]).toEqual([30, 60]);
    expect(train["fine"]!.values.filter((text) => train["coarse"]!.values.includes(text))).toEqual([]);
    expect(narrower).toEqual(
      expect.arrayContaining([
        ["fine/a", "coarse/x"],
        ["fine/b", "coarse/x"],
        ["fine/c", "coarse/y"],
      ]),
    );
    expect(narrower).toHaveLength(3);
  });

  it("asks about labels that training has not seen, with their examples as references", async () => {
    const { train, learned, test } = await newClassesTask([join(root, "one")], "5");
    expect(train["one"]!.values).toHaveLength(4);
    expect(learned!["one"]!.values).toEqual(["green frog", "brown bear"]);
    expect(test["one"]!.values).toEqual(["red tulip"]);
  });

  it("says which file is missing", async () => {
    await expect(setsTask([join(root, "one")], "10")).rejects.toThrow(/--shots 10: there is no .*train_10\.csv/);
  });
});

it("answers are right where space and label are: on each space, and on one gallery of all", async () => {
  const task = await setsTask([join(root, "one"), join(root, "two")], "5");
  const { right, rules } = await answersOf(hashingEncoder(), task, ["one", "two"], { seed: 1, shared: true, rule: logistic() });
  expect([...right["one"]!]).toEqual([1, 1]);
  expect([...right["two"]!]).toEqual([1, 1]);
  expect([...right[sharedIndex]!]).toEqual([1, 1, 1, 1]);
  expect(rules).toEqual({ one: "logistic", two: "logistic", [sharedIndex]: "logistic" });
});

describe("held-out texts", () => {
  it("are training texts that are neither learned from nor test texts, and as many as are asked for", async () => {
    await write("many/train.csv", csv("text,label", ["seen,a", "asked later,a", "new one,a", "new two,b", "new three,b", "new one,a"]));
    await write("many/train_5.csv", csv("text,label", ["seen,a", "also seen,b"]));
    await write("many/test.csv", csv("text,label", ["asked later,a"]));
    const folders = [join(root, "many")];
    const task = await setsTask(folders, "5");
    const held = await heldOutTask(task, folders, 10);
    expect([...held.test["many"]!.values].sort()).toEqual(["new one", "new three", "new two"]);
    expect(held.train).toBe(task.train);
    expect((await heldOutTask(task, folders, 2)).test["many"]!.values).toHaveLength(2);
    await expect(heldOutTask(await setsTask(folders, "full"), folders, 10)).rejects.toThrow("take fewer --shots, or --on test");
  });
});

describe("texts that no label fits", () => {
  it("are told from known ones by their similarity, with a threshold of the references or of held-out texts", async () => {
    await write("one/oos_test.csv", csv("text", ["quantum physics", "lowest interest"]));
    const folders = [join(root, "one"), join(root, "two")];
    const [set, ...others] = await scopeSets(folders);
    expect([set, others]).toEqual([{ name: "one", unknown: ["quantum physics", "lowest interest"] }, []]);
    const task = await setsTask(folders, "5");
    const { similarity, probability, calibrated } = await scopeFigures(hashingEncoder(), task, set!, 1);
    expect(similarity).toMatchObject({ auroc: 1, fprAt95: 0 });
    // Four references are too few for a promise: nothing is refused.
    expect(similarity.refused).toMatchObject({ known: { value: 0, n: 2 }, unknown: { value: 0, n: 2 } });
    expect([probability.refused, calibrated]).toEqual([undefined, undefined]);
    // Nineteen held-out texts are enough for 5 %: the threshold is the lowest of them, which both known texts are above.
    const held = Array.from({ length: 19 }, (_, i) => `${i} red frog,flower`);
    await write("one/valid.csv", csv("text,label", held));
    const [withHeldOut] = await scopeSets(folders);
    const after = (await scopeFigures(hashingEncoder(), task, withHeldOut!, 1)).calibrated!.refused!;
    expect([after.known.value, after.unknown.value]).toEqual([0, 1]);
  });

  it("must be there", async () => {
    await expect(scopeSets([join(root, "two")])).rejects.toThrow(/--out-of-scope: none of the folders/);
  });

  it("have a table of means over seeds", () => {
    const scope = (auroc: number, known: number) => ({
      auroc,
      fprAt95: 0.25,
      refused: { threshold: 0.5, known: { value: known, low: 0, high: 1, n: 1 }, unknown: { value: 0.75, low: 0, high: 1, n: 1 } },
    });
    const figures = [0, 1].map((seed) => ({ similarity: scope(0.9 + 0.02 * seed, 0.04), probability: scope(0.5, 0) }));
    expect(
      scopeTable("task", "one", [{ model: "untrained", figures }])
        .split("\n")
        .at(-1),
    ).toBe("| untrained | 91.0 | 25.0 | 50.0 | 25.0 | 4.0 / 75.0 | – / – |");
  });
});

it("asks about the sets that are named, and leaves out models of others", () => {
  const model = (name: string, spaces: readonly string[]) => ({ name, spaces, trained: false, make: async () => hashingEncoder() });
  const models: Candidate[] = [model("both", ["one", "two"]), model("one alone", ["one"])];
  const task = { train: { one: {} as never, two: {} as never } };
  expect(askedAbout(["two"], task, models).map(({ name, spaces }) => [name, spaces])).toEqual([["both", ["two"]]]);
  expect(askedAbout(undefined, task, models)).toEqual(models);
  expect(() => askedAbout(["tow"], task, models)).toThrow('--ask: no set is called "tow". Did you mean "two"?');
});

describe("report", () => {
  it("takes the mean over seeds, and its error over texts", () => {
    // Shares of seeds that were right: 1, ½, 0, ½. Mean ½; variance (¼ + 0 + ¼ + 0) / 3 = 1/6; error √(1/6 / 4).
    const cell = cellOf([Uint8Array.of(1, 1, 0, 0), Uint8Array.of(1, 0, 0, 1)], ["vote", "vote"]);
    expect(cell).toMatchObject({ mean: 0.5, bySeed: [0.5, 0.5] });
    expect(cell.plusMinus).toBeCloseTo(1.96 * Math.sqrt(1 / 24), 12);
  });

  it("writes a table, with a dash for what was not asked", () => {
    const row = { model: "one alone", cells: { one: cellOf([Uint8Array.of(1, 0)], ["vote"]) } };
    expect(
      markdown({ task: "one, two", columns: ["one", "two"], rows: [row] })
        .split("\n")
        .at(-1),
    ).toBe("| one alone | 50.0 ± 98.0 | – |");
  });
});
