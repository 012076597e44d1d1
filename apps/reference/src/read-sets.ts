import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  InvalidArgumentError,
  InvalidDataError,
  labelId,
  NotFoundError,
  type RelationDeclarations,
  shown,
  suggestion,
  type TrainingData,
} from "@quaterion/core";
import { acceptedRelations, combine, labeled, readCsv } from "@quaterion/datasets";
import { checkColumns, columnOf } from "./columns.js";
import type { RunOptions } from "./options.js";
import { readJsonFile } from "./read-json.js";

/** One label space: what is learnt from, and what is asked afterwards. */
export interface LabeledSet {
  readonly train: TrainingData<string>;
  readonly test: TrainingData<string>;
}

/** Reads each `--data` folder into a set named as the folder. @throws {InvalidDataError} also where a set has one label only, or one text a label */
export async function readSets(
  options: Pick<RunOptions, "data" | "train" | "test" | "text" | "label">,
): Promise<Record<string, LabeledSet>> {
  const [train, test] = [await readPart(options, options.train), await readPart(options, options.test)];
  for (const folder of options.data) {
    const { values, spaces } = train[basename(resolve(folder))]!;
    const { labels } = spaces[0]!;
    if (labels.length < 2)
      throw new InvalidDataError(
        `All texts have one label, ${shown(labels[0])}: there is nothing to tell it from. Add texts of a second label, or name the column of the labels with --label.`,
        { file: join(folder, options.train) },
      );
    if (labels.length === values.length)
      throw new InvalidDataError(
        `Each label has one text only, such as ${shown(labels[0])}: there is nothing to learn a label from. Texts and labels may be in each other's column, which --text and --label name.`,
        { file: join(folder, options.train) },
      );
  }
  return Object.fromEntries(Object.keys(train).map((name) => [name, { train: train[name]!, test: test[name]! }]));
}

/** Reads one file of each `--data` folder, by the folders' names. */
export async function readPart(
  options: Pick<RunOptions, "data" | "text" | "label">,
  file: string,
): Promise<Record<string, TrainingData<string>>> {
  const sets: Record<string, TrainingData<string>> = {};
  const names = options.data.map((folder) => basename(resolve(folder)));
  for (const column of ["text", "label"] as const) checkColumns(`--${column}`, options[column], names);
  for (const folder of options.data) {
    const name = basename(resolve(folder));
    if (Object.hasOwn(sets, name)) {
      throw new InvalidArgumentError(
        `\`--data\` has two folders named "${name}": a label space is named as its folder. Rename one of them.`,
      );
    }
    await checkFolder(folder);
    sets[name] = await readLabeled(join(folder, file), columnOf(options.text, name), columnOf(options.label, name));
  }
  return sets;
}

/** Reads a CSV file of texts and labels. */
export async function readLabeled(file: string, text: string, label: string): Promise<TrainingData<string>> {
  return labeled(await readCsv(file, { columns: [text, label] }), { value: text, label });
}

const embeddedOutOfScope = fileURLToPath(new URL("../data/out-of-scope.csv", import.meta.url));

/** Reads texts that fit no label: a CSV file with a column `text`, or the one that comes with the app. */
export async function outOfScopeTexts(file: string = embeddedOutOfScope): Promise<string[]> {
  return (await readCsv(file, { columns: ["text"] })).map(({ text }) => text!);
}

/**
 * Reads declared relations: `{ "same": [["a/x", "b/y"]], "narrower": […], "disjoint": […] }`, or a file that `align` wrote and a person edited.
 * @param train the training sets: labels that they don't have, and relations that contradict each other, are errors that name the file
 */
export async function readDeclarations(
  file: string | undefined,
  train?: Record<string, TrainingData<string>>,
): Promise<RelationDeclarations> {
  if (file === undefined) return {};
  const json = await readJsonFile("--relations", file);
  if (!train) return acceptedRelations(json, { file });
  const labels = combine(train).spaces.flatMap((space) => space.labels.map((label) => labelId(space.name, label)));
  const relations = acceptedRelations(json, { file, labels });
  try {
    combine(train, { relations });
  } catch (cause) {
    throw new InvalidDataError((cause as Error).message, { file }, { cause });
  }
  return relations;
}

async function checkFolder(folder: string): Promise<void> {
  const info = await stat(folder).catch(() => undefined);
  if (info?.isDirectory()) return;
  if (info) throw new InvalidArgumentError(`\`--data\` must be a folder with a train and a test file; ${folder} is a file.`);
  const parent = resolve(folder, "..");
  const siblings = (await readdir(parent, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  throw new NotFoundError(`\`--data\` names the folder ${folder}, which does not exist.${suggestion(basename(folder), siblings)}`);
}
