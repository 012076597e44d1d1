// What combining datasets whose labels do not match gives: one model against one for each set, under every policy.
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCache } from "@quaterion/cache";
import { cachedEncoder, suggestion } from "@quaterion/core";
import { type Answers, answersOf, sharedIndex } from "./answers.js";
import { encoderOf } from "./encoder-of.js";
import { grainsTask, namedTask, newClassesTask, setsTask, type Task } from "./label-sets.js";
import { askedAbout, type Candidate, candidates, type Training } from "./models.js";
import { type ScopeFigures, scopeFigures, scopeSets, scopeTable } from "./out-of-scope.js";
import { cellOf, markdown, type Row, type Table } from "./report.js";

const usage = `Usage: npm run bench -- labels [options]

Trains one model on several datasets whose labels do not match, under every policy, and one on each set alone; asks all of them the test texts, each label
space with the decision rule that its references chose; and prints accuracies.

  --data <folder>      a set: test.csv, and train.csv, train_5.csv, … (repeat; default: the sets of the reference app)
  --grains <folder>    a set with coarse and fine labels, to be learned from disjoint samples (repeat)
  --new-classes        instead: train on every other label, ask about the others, whose examples are references only
  --out-of-scope       instead: how well texts that no label fits are told from known ones, for sets with an oos_test.csv (and a valid.csv to calibrate by)
  --encoder default    "default", "hashing", a model's folder or hub name
  --shots full         training files: "5,10" are train_5.csv and train_10.csv
  --label-names        each label's name in words is one example more, of training and among the references
  --seeds 1            training seeds: 1, 2, …; the tables show their means
  --only <text>        only models whose name holds this text (repeat)
  --ask <set>          only ask about this set's texts; models are trained on all (repeat)
  --steps <number>     training steps (default: about 20 times through the data)
  --no-shared          without the gallery of all sets, which takes longest
  --json <file>        the tables as JSON
  --markdown <file>    the tables as Markdown`;

const { values: options } = parseArgs({
  allowNegative: true,
  options: {
    data: { type: "string", multiple: true },
    grains: { type: "string", multiple: true },
    "new-classes": { type: "boolean" },
    "out-of-scope": { type: "boolean" },
    encoder: { type: "string", default: "default" },
    "label-names": { type: "boolean" },
    shots: { type: "string", default: "full" },
    seeds: { type: "string", default: "1" },
    only: { type: "string", multiple: true },
    ask: { type: "string", multiple: true },
    steps: { type: "string" },
    shared: { type: "boolean", default: true },
    json: { type: "string" },
    markdown: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});

const embedded = ["bank", "assistant", "shop"].map((name) =>
  join(process.env["QUATERION_BENCH"]!, "..", "..", "apps", "reference", "data", name),
);

async function run(): Promise<void> {
  if (options.help) return console.log(usage);
  const seeds = count("seeds", options.seeds);
  const steps = options.steps === undefined ? undefined : count("steps", options.steps);
  const started = Date.now();
  const seconds = () => ((Date.now() - started) / 1000).toFixed(0).padStart(5);
  console.log(`${cpus()[0]!.model}, ${availableParallelism()} threads, Node ${process.version}; encoder ${options.encoder}`);
  const cache = await openCache();
  try {
    const tables: Table[] = [];
    const scopes: string[] = [];
    for (const found of await tasks()) {
      const task = options["label-names"] ? namedTask(found) : found;
      console.log(`\n${seconds()} s  ${task.name}`);
      const corpus = Object.values(task.train).flatMap(({ values }) => values);
      const encoder = cachedEncoder(await encoderOf(options.encoder, corpus), cache);
      const models = askedAbout(options.ask, task, chosen(candidates(task, { encoder, cache, steps } satisfies Training)));
      if (options["out-of-scope"]) {
        scopes.push(...(await scopesOf(task, models, seeds, (line) => console.log(`${seconds()} s  ${line}`))));
        if (options.markdown) writeFileSync(options.markdown, `${scopes.join("\n\n")}\n`);
        continue;
      }
      const rows: Row[] = [];
      for (const candidate of models) {
        const answers: Answers[] = [];
        for (let seed = 1; seed <= (candidate.trained ? seeds : 1); seed++) {
          const shared = options.shared && candidate.spaces.length > 1;
          const made = await answersOf(await candidate.make(seed), task, candidate.spaces, { seed, shared, rule: candidate.rule });
          answers.push(made);
          const shown = Object.entries(made.right).map(
            ([name, right]) => `${name} ${((100 * right.reduce((a, b) => a + b)) / right.length).toFixed(1)} (${made.rules[name]})`,
          );
          console.log(`${seconds()} s  ${candidate.name}, seed ${seed}: ${shown.join(", ")}`);
        }
        const names = Object.keys(answers[0]!.right);
        const cells = names.map((name) => [
          name,
          cellOf(
            answers.map(({ right }) => right[name]!),
            answers.map(({ rules }) => rules[name]!),
          ),
        ]);
        rows.push({ model: candidate.name, cells: Object.fromEntries(cells) });
      }
      tables.push({ task: task.name, columns: [...Object.keys(task.train), ...(options.shared ? [sharedIndex] : [])], rows });
      write(tables);
    }
    console.log(`\n${[...tables.map(markdown), ...scopes].join("\n\n")}`);
  } finally {
    await cache.close();
  }
}

/** A table for each set that has texts which none of its labels fits. */
async function scopesOf(task: Task, models: readonly Candidate[], seeds: number, say: (line: string) => void): Promise<string[]> {
  const tables: string[] = [];
  for (const set of await scopeSets(options.data ?? embedded)) {
    const rows: { model: string; figures: ScopeFigures[] }[] = [];
    for (const candidate of models.filter(({ spaces }) => spaces.includes(set.name))) {
      const figures: ScopeFigures[] = [];
      for (let seed = 1; seed <= (candidate.trained ? seeds : 1); seed++) {
        figures.push(await scopeFigures(await candidate.make(seed), task, set, seed));
        say(`${candidate.name}, seed ${seed}: AUROC ${figures.at(-1)!.similarity.auroc.toFixed(3)}`);
      }
      rows.push({ model: candidate.name, figures });
    }
    tables.push(scopeTable(task.name, set.name, rows));
  }
  return tables;
}

async function tasks(): Promise<Task[]> {
  const made: Task[] = [];
  const data = options.data ?? (options.grains ? [] : embedded);
  if (data.length > 0)
    for (const shots of options.shots.split(",")) made.push(await (options["new-classes"] ? newClassesTask : setsTask)(data, shots.trim()));
  for (const folder of options.grains ?? []) made.push(await grainsTask(folder));
  return made;
}

function chosen<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  const { only } = options;
  if (only === undefined) return all;
  const unknown = only.find((text) => !all.some(({ name }) => name.includes(text)));
  if (unknown !== undefined)
    throw new Error(
      `--only: no model's name holds "${unknown}".${suggestion(
        unknown,
        all.map(({ name }) => name),
      )}`,
    );
  return all.filter(({ name }) => only.some((text) => name.includes(text)));
}

function count(name: string, text: string): number {
  const number = Number(text);
  if (!(Number.isInteger(number) && number >= 1)) throw new Error(`--${name} must be a whole number from 1; received "${text}".`);
  return number;
}

/** After each task, so that a run that is stopped leaves what it has. */
function write(tables: readonly Table[]): void {
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ encoder: options.encoder, seeds: options.seeds, tables }, null, 2)}\n`);
  if (options.markdown) writeFileSync(options.markdown, `${tables.map(markdown).join("\n\n")}\n`);
}

run().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
