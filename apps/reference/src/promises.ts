import { labelId, nameOf, type TrainingData } from "@quaterion/core";
import { combine, rowsWithLabels, subset, withoutLabels } from "@quaterion/datasets";
import { accuracy, type Interval } from "@quaterion/evaluation";
import { ReferenceSet } from "@quaterion/serving";
import type { FitResult } from "@quaterion/trainer";
import type { RunOptions } from "./options.js";
import { type LabeledSet, readLabeled } from "./read-sets.js";
import { ruleInWords } from "./rule-words.js";
import { interval, percent, type Screen } from "./screen.js";
import { decisiveWords, wordsItRestsOn } from "./words-it-rests-on.js";

/** What showing the promises needs. */
export interface PromisesInput {
  screen: Screen;
  options: RunOptions;
  sets: Record<string, LabeledSet>;
  data: TrainingData<string>;
  /** Texts that fit no label. */
  outOfScope: readonly string[];
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
const promisedFalseAlarms = 0.05;
/** Held-out texts that the promise takes, by the definition of a conformal threshold. */
const fewestForPromise = Math.ceil(1 / promisedFalseAlarms) - 1;

/** A class that the model has never seen, and references that do not know it. */
interface UnseenClass {
  readonly label: string;
  readonly examples: readonly string[];
  readonly tests: readonly string[];
  readonly references: ReferenceSet<string>;
}

/** Adds a class that was not trained on from five examples. */
async function addClass(input: PromisesInput): Promise<Promises["newClass"]> {
  const { screen, sets, options } = input;
  const space = Object.keys(sets)[0]!;
  const { label, examples, tests, references } = options.newClass ? await givenClass(input, space) : await heldOutClass(input, space);
  const { test } = sets[space]!;
  const others = [...test.values.keys()].filter((row) => nameOf(test.labelsOf(row)[0]!) !== nameOf(label));
  const askOthers = async (): Promise<Interval> => {
    const answers = await references.classifyMany(
      others.map((row) => test.values[row]!),
      { space },
    );
    return accuracy(
      answers.map(({ name }) => name),
      others.map((row) => nameOf(test.labelsOf(row)[0]!)),
    );
  };
  const othersBefore = await askOthers();
  const started = performance.now();
  await references.add(examples, label);
  const found = await references.classifyMany(tests, { space });
  const milliseconds = performance.now() - started;
  const newClass = {
    label,
    examples: examples.length,
    accuracy: accuracy(
      found.map((answer) => answer.label),
      tests.map(() => label),
    ),
    others: await askOthers(),
    othersBefore,
    milliseconds,
  };
  if (options.newClass) await references.undo();
  screen.line(
    `Cold start and new classes. "${label}", which was not trained on, was added from ${examples.length} examples in ${milliseconds.toFixed(0)} ms, with no retraining:`,
  );
  screen.line(
    `  ${interval(newClass.accuracy)} % of its ${tests.length} test texts are answered right; of the other labels' ${interval(othersBefore)} % before and ${interval(newClass.others)} % after.`,
  );
  return newClass;
}

/** The class of the files that came with the data. */
async function givenClass({ options, references }: PromisesInput, space: string): Promise<UnseenClass> {
  const examples = await readLabeled(options.newClass!.examples, "text", "label");
  const { values: tests } = await readLabeled(options.newClass!.test, "text", "label");
  return { label: labelId(space, nameOf(examples.labelsOf(0)[0]!)), examples: examples.values, tests, references };
}

/** A class of the data, with a model that was trained without it. */
async function heldOutClass({ sets, data, trainOn, options }: PromisesInput, space: string): Promise<UnseenClass> {
  const { test } = sets[space]!;
  const label = heldOutLabel(data, space, test);
  const known = withoutLabels(data, [label]);
  const examples = [...rowsWithLabels(data, [label])].slice(0, examplesOfNewClass).map((row) => data.values[row]!);
  const tests = test.values.filter((_, row) => nameOf(test.labelsOf(row)[0]!) === nameOf(label));
  const { model } = await trainOn(`without "${nameOf(label)}"`, known);
  return { label, examples, tests, references: await ReferenceSet.from(model, known, { seed: options.seed }) };
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
        `\nExplanations. "${text}" was answered "${before.name}" (${percent(before.probability)}); right is "${nameOf(truth)}". What decided it (${ruleInWords(before.rule)}):`,
      );
      for (const { value, label, share } of why.references) screen.line(`  ${percent(share).padStart(7)}  ${nameOf(label)}: "${value}"`);
      const words = decisiveWords(before, why.parts);
      if (words.length > 0) screen.line(`  ${wordsItRestsOn(before, words)}`);
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

/** Asks what fits no label. What is usual is told from half of the test texts, which nothing was trained on, and measured on the other half. */
async function refuse({ screen, outOfScope: strange, sets, references }: PromisesInput): Promise<Promises["refused"]> {
  const half = (parity: number) =>
    Object.fromEntries(
      Object.entries(sets).flatMap(([name, { test }]) => {
        const rows = [...test.values.keys()].filter((row) => row % 2 === parity);
        return rows.length > 0 ? [[name, subset(test, rows)]] : [];
      }),
    );
  const [heldOut, asked] = [half(0), half(1)];
  const calibrated = await references.calibrate(combine(heldOut) as TrainingData<string>, { refuse: promisedFalseAlarms });
  const share = (answers: readonly { refused: boolean }[]) => answers.filter(({ refused }) => refused).length / answers.length;
  const texts = Object.values(asked).flatMap(({ values }) => [...values]);
  const known = texts.length === 0 ? 0 : share(await references.classifyMany(texts));
  const answers = await references.classifyMany(strange);
  const unknown = share(answers);
  const example = strange[answers.findIndex(({ refused }) => refused)];
  const tooFew = Object.entries(calibrated).filter(([, { threshold }]) => threshold === Number.NEGATIVE_INFINITY);
  const all = calibrated[""] ?? Object.values(calibrated)[0];
  if (all?.threshold === Number.NEGATIVE_INFINITY) {
    screen.line(
      `\nRefusal. Nothing is refused: the ${all.inputs} test texts that were held out to tell by are too few to promise that at most ${percent(promisedFalseAlarms)} of known texts are. It takes ${fewestForPromise}, twice as many with those to measure on.`,
    );
    return { known, unknown, example };
  }
  const few = texts.length < 40 ? ` With ${texts.length} texts to measure on, take these shares for a hint.` : "";
  screen.line(
    `\nRefusal. Of ${strange.length} texts that fit no label ${percent(unknown)} are refused${example ? `, such as "${example}"` : ""}; of known ones ${percent(known)} (promised: ${percent(promisedFalseAlarms)}; told by half of the test texts, measured on the other half).${few}`,
  );
  for (const [space, { inputs }] of tooFew)
    screen.line(
      `  Asked about "${space}" alone, nothing is refused: ${inputs} held-out texts of it are too few for that promise, which takes ${fewestForPromise}.`,
    );
  return { known, unknown, example };
}
