import { existsSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { labelId, Random, type TrainingData } from "@quaterion/core";
import { combine, labeled, readCsv, rowsWithLabels, subset, withLabelNames, withoutLabels } from "@quaterion/datasets";

/** What is learned from, by label space, and what is asked afterwards. */
export interface Task {
  readonly name: string;
  /** The references of each space, and what models are trained on. */
  readonly train: Readonly<Record<string, TrainingData<string>>>;
  /** What models are trained on where it is less. */
  readonly learned?: Readonly<Record<string, TrainingData<string>>>;
  readonly test: Readonly<Record<string, TrainingData<string>>>;
  /** Pairs `[fine, coarse]` where one label lies within another. */
  readonly narrower: readonly (readonly [string, string])[];
}

/** Texts of the column `text`, with the labels of another. */
export async function readTexts(file: string, label: string): Promise<TrainingData<string>> {
  return labeled(await readCsv(file, { columns: ["text", label] }), { value: "text", label });
}

/** Sets of one folder each, whose labels have nothing to do with each other. @param shots "full", or a number of examples a label: `train_5.csv` */
export async function setsTask(folders: readonly string[], shots: string): Promise<Task> {
  const train: Record<string, TrainingData<string>> = {};
  const test: Record<string, TrainingData<string>> = {};
  for (const folder of folders) {
    const name = basename(resolve(folder));
    const file = join(folder, shots === "full" ? "train.csv" : `train_${shots}.csv`);
    if (!existsSync(file))
      throw new Error(`--shots ${shots}: there is no ${file}. --data names folders with train.csv, train_5.csv, … and test.csv.`);
    train[name] = await readTexts(file, "label");
    test[name] = await readTexts(join(folder, "test.csv"), "label");
  }
  const shown = shots === "full" ? "all training examples" : `${shots} examples a label`;
  return { name: `${Object.keys(train).join(", ")}: ${shown}`, train, test, narrower: [] };
}

/** The same sets, but models are trained on every other label alone, and asked about the texts of the labels that they have never seen. */
export async function newClassesTask(folders: readonly string[], shots: string): Promise<Task> {
  const task = await setsTask(folders, shots);
  const learned: Record<string, TrainingData<string>> = {};
  const test: Record<string, TrainingData<string>> = {};
  for (const [name, data] of Object.entries(task.train)) {
    const space = data.spaces[0]!;
    const unseen = space.labels.filter((_, i) => i % 2 === 1).map((label) => labelId(space.name, label));
    learned[name] = withoutLabels(data, unseen);
    test[name] = subset(task.test[name]!, rowsWithLabels(task.test[name]!, unseen));
  }
  return { ...task, name: `${task.name}; texts of the half of the labels that training has not seen`, learned, test };
}

/** Examples of each fine label in the set that is labelled finely, and of each fine label in the one that is labelled coarsely. */
const fineExamples = 10;
const coarseExamples = 20;

/**
 * One set twice, on disjoint samples: once with its fine labels, once with the coarse ones only.
 * @param folder `train.csv` and `test.csv` with both columns; or with the column `label` and a `domains.json` of coarse names and their labels
 */
export async function grainsTask(folder: string): Promise<Task> {
  const domains = join(folder, "domains.json");
  const coarseOf = existsSync(domains) ? coarseLabels(JSON.parse(readFileSync(domains, "utf8")) as Record<string, string[]>) : undefined;
  const records = async (file: string) => {
    const rows = await readCsv(join(folder, file), { columns: coarseOf ? ["text", "label"] : ["text", "scenario", "intent"] });
    return rows.map((row) => ({
      text: row["text"]!,
      fine: row["intent"] ?? row["label"]!,
      coarse: coarseOf ? coarseOf.get(row["label"]!)! : row["scenario"]!,
    }));
  };
  const byFine = new Map<string, { text: string; fine: string; coarse: string }[]>();
  for (const record of new Random(1).shuffle(await records("train.csv")))
    byFine.set(record.fine, [...(byFine.get(record.fine) ?? []), record]);
  const groups = [...byFine.values()];
  const fine = groups.flatMap((group) => group.slice(0, fineExamples));
  const coarse = groups.flatMap((group) => group.slice(fineExamples, fineExamples + coarseExamples));
  const test = await records("test.csv");
  const pairs = new Map(fine.map((record) => [record.fine, [labelId("fine", record.fine), labelId("coarse", record.coarse)] as const]));
  const used = new Set(coarse.map((record) => labelId("coarse", record.coarse)));
  return {
    name: `${basename(resolve(folder))}, fine and coarse labels on disjoint samples (${fine.length} and ${coarse.length})`,
    train: { fine: labeled(fine, { value: "text", label: "fine" }), coarse: labeled(coarse, { value: "text", label: "coarse" }) },
    test: { fine: labeled(test, { value: "text", label: "fine" }), coarse: labeled(test, { value: "text", label: "coarse" }) },
    narrower: [...pairs.values()].filter(([, parent]) => used.has(parent)),
  };
}

/** The task with each label's name as one example more. */
export function namedTask(task: Task): Task {
  const named = (parts: Task["train"]) => Object.fromEntries(Object.entries(parts).map(([name, data]) => [name, withLabelNames(data)]));
  return {
    ...task,
    name: `${task.name}, and each label's name`,
    train: named(task.train),
    ...(task.learned ? { learned: named(task.learned) } : {}),
  };
}

function coarseLabels(domains: Record<string, string[]>): Map<string, string> {
  return new Map(Object.entries(domains).flatMap(([coarse, fine]) => fine.map((label) => [label, coarse])));
}

/** Some or all sets as one dataset. */
export function combined(
  parts: Task["train"],
  names: readonly string[] = Object.keys(parts),
  narrower: Task["narrower"] = [],
): TrainingData<string> {
  const chosen = Object.fromEntries(names.map((name) => [name, parts[name]!]));
  return combine(chosen, { relations: { narrower } }) as TrainingData<string>;
}
