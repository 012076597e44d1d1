import { fileURLToPath } from "node:url";
import { labelId, nameOf, type TrainingData } from "@quaterion/core";
import { subset } from "@quaterion/datasets";
import { accuracy, type Interval } from "@quaterion/evaluation";
import { ReferenceSet } from "@quaterion/serving";
import type { FitResult } from "@quaterion/trainer";
import type { RunOptions } from "./options.js";
import { type LabeledSet, readTexts } from "./read-sets.js";
import { interval, percent, type Screen } from "./screen.js";

/** What showing the promises needs. */
export interface PromisesInput {
  screen: Screen;
  options: RunOptions;
  sets: Record<string, LabeledSet>;
  data: TrainingData<string>;
  /** References of the combined model. */
  references: ReferenceSet<string>;
  trainOn: (title: string, on: TrainingData<string>) => Promise<FitResult<string>>;
}

/** What the promises came to, for the JSON file. */
export interface Promises {
  newClass: { label: string; examples: number; accuracy: Interval; others: Interval; othersBefore: Interval; milliseconds: number };
  explained:
    | {
        text: string;
        answer: string;
        truth: string;
        references: { label: string; value: string; share: number }[];
        words: { name: string; change: number }[];
      }
    | undefined;
  corrected: { before: string; after: string; undone: string; milliseconds: number } | undefined;
  refused: { known: number; unknown: number; example: string | undefined };
}

/** Shows the promises on real output: cold start with few examples and a new class, explanation, correction, refusal. */
export async function showPromises(input: PromisesInput): Promise<Promises> {
  const newClass = await addClass(input);
  const { explained, corrected } = await explainAndCorrect(input);
  return { newClass, explained, corrected, refused: await refuse(input) };
}

const examplesOfNewClass = 5;

/** Holds one class out of training altogether, then adds it from five examples. */
async function addClass({ screen, sets, data, trainOn, options }: PromisesInput): Promise<Promises["newClass"]> {
  const space = Object.keys(sets)[0]!;
  const { test } = sets[space]!;
  const label = heldOutLabel(data, space, test);
  const rowsOf = (of: TrainingData<string>, wanted: boolean) =>
    Uint32Array.from([...of.values.keys()].filter((row) => of.labelsOf(row).some((id) => nameOf(id) === nameOf(label)) === wanted));
  const isNew = (row: number) => data.labelsOf(row).includes(label);
  const all = [...data.values.keys()];
  const known = subset(data, Uint32Array.from(all.filter((row) => !isNew(row))));
  const examples = all
    .filter(isNew)
    .slice(0, examplesOfNewClass)
    .map((row) => data.values[row]!);
  const { model } = await trainOn(`without "${nameOf(label)}"`, known);
  const references = await ReferenceSet.from(model, known, { seed: options.seed });

  const ask = async (wanted: boolean): Promise<Interval> => {
    const rows = [...rowsOf(test, wanted)];
    const answers = await references.classifyMany(
      rows.map((row) => test.values[row]!),
      { space },
    );
    return accuracy(
      answers.map(({ name }) => name),
      rows.map((row) => nameOf(test.labelsOf(row)[0]!)),
    );
  };
  const othersBefore = await ask(false);
  const started = performance.now();
  await references.add(examples, label);
  const milliseconds = performance.now() - started;
  const [found, others] = [await ask(true), await ask(false)];
  screen.line(
    `Cold start and new classes. "${label}" was kept out of training, then added from ${examples.length} examples in ${milliseconds.toFixed(0)} ms, with no`,
  );
  screen.line(
    `  retraining: ${interval(found)} % of its test texts are answered right; of the other labels' ${interval(othersBefore)} % before and ${interval(others)} % after.`,
  );
  return { label, examples: examples.length, accuracy: found, others, othersBefore, milliseconds };
}

/** The label whose loss is shown: the first in order with enough examples on both sides. */
function heldOutLabel(data: TrainingData<string>, space: string, test: TrainingData<string>): string {
  const names = data.spaces.find(({ name }) => name === space)!.labels;
  const tested = (name: string) => test.values.filter((_, row) => test.labelsOf(row).some((id) => nameOf(id) === name)).length;
  return labelId(space, names.find((name) => tested(name) >= 5) ?? names[0]!);
}

/** Takes a wrong answer apart, corrects it with one reference, and takes the correction back. */
async function explainAndCorrect({ screen, sets, references }: PromisesInput): Promise<Pick<Promises, "explained" | "corrected">> {
  for (const [space, { test }] of Object.entries(sets)) {
    const answers = await references.classifyMany(test.values, { space });
    for (const [row, before] of answers.entries()) {
      const truth = labelId(space, nameOf(test.labelsOf(row)[0]!));
      if (before.label === truth) continue;
      const text = test.values[row]!;
      const why = await references.explain(text, { space, references: 3 });
      const started = performance.now();
      await references.add(text, truth);
      const milliseconds = performance.now() - started;
      const after = await references.classify(text, { space });
      await references.undo();
      const undone = await references.classify(text, { space });
      if (after.label !== truth) continue;

      screen.line(
        `\nExplanations. "${text}" was answered "${before.name}" (${percent(before.probability)}); right is "${nameOf(truth)}". What decided it (rule: ${before.rule}):`,
      );
      for (const { value, label, share } of why.references) screen.line(`  ${percent(share).padStart(7)}  ${nameOf(label)}: "${value}"`);
      const words = why.parts.slice(0, 3);
      if (words.length > 0)
        screen.line(
          `  Words it rests on: ${words.map(({ name, change }) => `${name} (${change >= 0 ? "+" : ""}${change.toFixed(2)})`).join(", ")}`,
        );
      screen.line(`Tweaks. One reference added in ${milliseconds.toFixed(0)} ms: now "${after.name}". Undone: "${undone.name}" again.`);
      return {
        explained: {
          text,
          answer: before.label,
          truth,
          references: why.references.map(({ label, value, share }) => ({ label, value: value ?? "", share })),
          words: words.map(({ name, change }) => ({ name, change })),
        },
        corrected: { before: before.label, after: after.label, undone: undone.label, milliseconds },
      };
    }
  }
  screen.line("\nExplanations and tweaks: no test text is answered wrong, so there is nothing to correct.");
  return { explained: undefined, corrected: undefined };
}

const embeddedOutOfScope = fileURLToPath(new URL("../data/out-of-scope.csv", import.meta.url));

/** Asks what fits no label. */
async function refuse({ screen, options, sets, references }: PromisesInput): Promise<Promises["refused"]> {
  const strange = await readTexts(options.outOfScope ?? embeddedOutOfScope, "text");
  const share = (answers: readonly { refused: boolean }[]) => answers.filter(({ refused }) => refused).length / answers.length;
  const known = share(await references.classifyMany(Object.values(sets).flatMap(({ test }) => [...test.values])));
  const answers = await references.classifyMany(strange);
  const unknown = share(answers);
  const example = strange[answers.findIndex(({ refused }) => refused)];
  screen.line(
    `\nRefusal. Of ${strange.length} texts that fit no label ${percent(unknown)} are refused${example ? `, such as "${example}"` : ""}; of the test texts ${percent(known)}.`,
  );
  return { known, unknown, example };
}
