import { labelPolicies, nearestName, QuaterionError, suggestion } from "@quaterion/core";
import { writeFileAtomic } from "@quaterion/core/node";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { alignCommand } from "./align-command.js";
import { auditCommand } from "./audit-command.js";
import { cacheCommand } from "./cache-command.js";
import { tunings } from "./choose-encoder.js";
import { classify } from "./classify.js";
import { columnOption } from "./columns.js";
import { embedded, embeddedSets } from "./embedded-sets.js";
import { run } from "./main.js";
import { defaultModel, type RunOptions } from "./options.js";
import { terminal } from "./screen.js";

const wholeFrom =
  (least: number) =>
  (text: string): number => {
    const number = Number(text);
    if (!Number.isSafeInteger(number) || number < least || text.trim() === "")
      throw new InvalidArgumentError(`Expected a whole number of ${least} or more; received "${text}".`);
    return number;
  };
const wholeNumber = wholeFrom(0);
const atLeastOne = wholeFrom(1);
const collect = (value: string, before: string[] | undefined) => [...(before ?? []), value];

const folderName = (text: string): string => {
  if (text.trim() === "") throw new InvalidArgumentError("Expected the name of a folder; received nothing.");
  return text;
};

/** An option that takes one of some names, and says which was meant. */
const oneOf = (flags: string, description: string, names: readonly string[], fallback: string) =>
  new Option(flags, description)
    .choices(names)
    .default(fallback)
    .argParser((name: string) => {
      if (names.includes(name)) return name;
      const meant = nearestName(name, names);
      throw new InvalidArgumentError(`Expected one of ${names.join(", ")}.${meant === undefined ? "" : ` Did you mean "${meant}"?`}`);
    });

const engines = ["auto", "onnxruntime", "webgpu", "cuda", "tfjs-node-gpu", "tfjs-node", "cpu"];
const screen = terminal();

/** The command line: the main job, and what can be done with its model afterwards. */
export function program(): Command {
  const command = new Command("npm start --")
    .description("Fine-tunes one similarity model on several datasets whose labels do not match, and shows what that gives.")
    .option(
      "--data <folder>",
      "a folder with a train and a test file, one for each label space; its name is the space's (repeat the option)",
      collect,
    )
    .option("--train <file>", "name of the training file in each folder", "train.csv")
    .option("--test <file>", "name of the test file in each folder", "test.csv")
    .addOption(columnOption("--text", "texts", "text"))
    .addOption(columnOption("--label", "labels", "label"))
    .option(
      "--relations <file>",
      'JSON of what is known across sets: { "same": [["a/x", "b/y"]], "narrower": [["a/x", "b/y"]], "disjoint": [] }',
    )
    .option("--no-label-names", "labels are nothing but marks: their names don't count as examples")
    .option("--out-of-scope <file>", "CSV of texts that fit no label, in a column named text")
    .option("--encoder <name>", '"default", "hashing", a hub name such as Xenova/all-MiniLM-L6-v2, or a model\'s folder', "default")
    .addOption(
      oneOf(
        "--tune <what>",
        "what is trained: a head on the frozen encoder, or the encoder too: all its weights, or adapters",
        tunings,
        "head",
      ),
    )
    .option("--out <folder>", "where the model is saved", folderName, defaultModel)
    .option("--json <file>", "write the results as JSON too")
    .option("--seed <number>", "decides batches and first weights; equal seeds give equal results", wholeNumber, 1)
    .option("--steps <number>", "training steps of each head (default: about 20 times through the data)", atLeastOne)
    .option("--tune-steps <number>", "training steps of each encoder (default: about 9 times through the data)", atLeastOne)
    .addOption(oneOf("--policy <name>", "what becomes of pairs of two sets that nobody declared anything about", labelPolicies, "schedule"))
    .addOption(oneOf("--engine <name>", "what training runs on", engines, "auto"))
    .showSuggestionAfterError()
    .enablePositionalOptions() // so that commands may have options of the same names
    .exitOverride()
    .addHelpText(
      "after",
      `
Examples:
  npm start                                                  the three sets that come with the app
  npm start -- --data banking77 --data clinc150 --train train_10.csv --encoder Xenova/all-MiniLM-L6-v2
  npm start -- --data banking77 --data clinc150 --train train_10.csv --encoder sentence-transformers/all-MiniLM-L6-v2 --tune all
  npm start -- classify "my card has not come yet"           ask the saved model, and why
  npm start -- audit --data banking77 --page audit.html      look data over before training, nothing is changed
  npm start -- align --data a --data b --out relations.json  which labels mean the same: proposals to edit, for --relations
  npm start -- cache --clear                                 empty the embedding cache
`,
    )
    .allowExcessArguments() // so that a wrong command gets a better word than "too many arguments"
    .action(async (given, { args: [name] }: Command) => {
      if (name !== undefined)
        command.error(`error: unknown command '${name}'.${suggestion(name, ["classify", "audit", "align", "cache"])}`);
      if (given.tuneSteps !== undefined && given.tune === "head")
        command.error("error: --tune-steps is for an encoder that is trained: add --tune all or --tune lora, or use --steps for heads.");
      const interruption = new AbortController();
      const onInterrupt = () => interruption.abort();
      process.once("SIGINT", onInterrupt);
      const ownData = given.data !== undefined;
      const options: RunOptions = {
        ...given,
        data: given.data ?? embeddedSets,
        relations: given.relations ?? (ownData ? undefined : embedded("relations.json")),
        newClass: ownData ? undefined : { examples: embedded("new-class.csv"), test: embedded("new-class-test.csv") },
      };
      const started = performance.now();
      const results = await run(options, screen, interruption.signal).finally(() => process.off("SIGINT", onInterrupt));
      screen.line(`\nDone in ${((performance.now() - started) / 1000).toFixed(0)} s.`);
      if (options.json) await writeFileAtomic(options.json, `${JSON.stringify(results, null, 2)}\n`);
    });

  command
    .command("classify")
    .description("answer a text with the saved model, and say why")
    .argument("<text...>", "the text")
    .option("--model <folder>", "folder of the saved model", defaultModel)
    .option("--space <name>", "answer with a label of this set only")
    .action((words: string[], options) => classify(words.join(" "), options, screen));
  auditCommand(command.command("audit"), screen);
  alignCommand(command.command("align"), screen);
  command
    .command("cache")
    .description("say where the embedding cache is and how big, and empty it")
    .option("--clear", "empty it")
    .action((options) => cacheCommand(options, screen));
  return command;
}

/** Runs the command line; an error becomes one sentence and exit code 1, with the stack where DEBUG=quaterion is set. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    await program().parseAsync([...argv], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    if ((error as QuaterionError)?.code === "ABORTED") {
      console.error("\nStopped. Run the same command again: it goes on with what was encoded and trained so far.");
      return 130;
    }
    const known = QuaterionError.is(error);
    console.error(`\n${known ? (error as QuaterionError).message : `Unexpected error: ${(error as Error)?.message ?? error}`}`);
    if (process.env.DEBUG?.includes("quaterion")) console.error(error);
    else if (!known) console.error("Run again with DEBUG=quaterion for where it came from.");
    return 1;
  }
}
