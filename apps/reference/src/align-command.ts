import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { InvalidArgumentError, nameOf, type TrainingData } from "@quaterion/core";
import { writeFileAtomic } from "@quaterion/core/node";
import { alignLabels, alignmentFile, combine } from "@quaterion/datasets";
import { ReferenceSet, SimilarityModel } from "@quaterion/serving";
import { type Command, Option } from "commander";
import { checkFolderOf } from "./check-files.js";
import { type DataOptions, share, withDataOptions } from "./data-options.js";
import { encodeParts } from "./encode-parts.js";
import { readDeclarations, readPart } from "./read-sets.js";
import type { Screen } from "./screen.js";

interface AlignCommandOptions extends DataOptions {
  readonly out: string;
  readonly relations?: string;
  readonly model?: string;
  readonly leastScore: number;
}

const shown = 20;

/** `npm start -- align`: proposes which labels of two sets mean the same or lie within each other, as a file for a person to edit. */
export function alignCommand(command: Command, screen: Screen): Command {
  return withDataOptions(command)
    .description("propose which labels of two sets mean the same, in a file that you edit and pass to --relations")
    .requiredOption("--out <file>", "the file to write; one that is there already is not written over")
    .option("--relations <file>", "what is known already: it is kept, and not proposed again")
    .addOption(new Option("--model <folder>", "go by a trained model that was saved, not by an encoder").conflicts("encoder"))
    .option("--least-score <number>", "leave out proposals less likely than this, 0 to 1", share, 0.3)
    .action((options: AlignCommandOptions) => align(options, screen));
}

async function align(options: AlignCommandOptions, screen: Screen): Promise<void> {
  await checkFolderOf("--out", options.out);
  if (await stat(options.out).catch(() => undefined))
    throw new InvalidArgumentError(`\`--out\` names ${options.out}, which is there already: it may hold your edits. Name another file.`);
  const train = await readPart(options, options.train);
  if (options.data.length < 2)
    throw new InvalidArgumentError("`--data` names one set: labels are compared between sets, so name at least two.");
  const known = await readDeclarations(options.relations, train);
  const data = combine(train, { relations: known, suspectIdenticalTexts: false }) as TrainingData<string>;
  const evidence =
    options.model === undefined ? await byEncoder(options.encoder, train, screen) : await byModel(options.model, data, screen);
  const proposals = alignLabels(data, { ...evidence, leastScore: options.leastScore });
  if (proposals.length === 0) return screen.line(`No labels were found that may mean the same: ${options.out} was not written.`);

  const words = { same: "is the same as", narrower: "is a part of", broader: "contains" };
  screen.table(
    ["likely", "label", "", "label of the other set"],
    proposals.slice(0, shown).map(({ score, a, relation, b }) => [`${Math.round(score * 100)} %`, a, words[relation], b]),
  );
  if (proposals.length > shown) screen.line(`and ${proposals.length - shown} more`);
  await writeFileAtomic(options.out, `${JSON.stringify(alignmentFile(proposals, known), null, 2)}\n`);
  screen.line(`\n${proposals.length} proposals with examples are in ${resolve(options.out)}. None of them is applied yet.`);
  screen.line(`Set "accept" to true where one is right, then: npm start -- --data … --relations ${options.out}`);
}

async function byEncoder(encoder: string, train: Record<string, TrainingData<string>>, screen: Screen) {
  const [vectors] = await encodeParts(encoder, [train], screen);
  return { embeddings: joined(Object.values(vectors!)) };
}

/** A trained model's vectors, and what it answers each text of a set with, when it must answer with a label of another. */
async function byModel(folder: string, { values, spaces }: TrainingData<string>, screen: Screen) {
  const [model, references] = [await SimilarityModel.load<string>(folder), await ReferenceSet.load<string>(folder)];
  const embeddings = await screen.work("encoding texts", (onProgress) => model.encode(values, { onProgress }));
  const answers: Record<string, string[]> = {};
  for (const { name, labels } of spaces) {
    if (!references.spaces.includes(name)) continue;
    const given = await references.classifyMany(values, { space: name });
    // A label of the model that the data no longer has can't be compared.
    answers[name] = given.map(({ label }) => (labels.includes(nameOf(label)) ? nameOf(label) : undefined) as string);
  }
  return { embeddings, answers };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
