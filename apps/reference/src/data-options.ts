import { type Command, InvalidArgumentError, Option } from "commander";
import { type Columns, columnOption } from "./columns.js";
import { embeddedSets } from "./embedded-sets.js";

/** What every command that reads data sets can be told about them. */
export interface DataOptions {
  readonly data: readonly string[];
  readonly train: string;
  readonly text: Columns;
  readonly label: Columns;
  readonly encoder: string;
}

/** Adds the options that say where the data is. */
export function withDataOptions(command: Command): Command {
  const collect = (folder: string, before: readonly string[]) => (before === embeddedSets ? [folder] : [...before, folder]);
  return command
    .addOption(
      new Option("--data <folder>", "a folder with a training file; its name is the set's (repeat the option)")
        .argParser(collect)
        .default(embeddedSets, "the three sets that come with the app"),
    )
    .option("--train <file>", "name of the training file in each folder", "train.csv")
    .addOption(columnOption("--text", "texts", "text"))
    .addOption(columnOption("--label", "labels", "label"))
    .option("--encoder <name>", '"default", "hashing", a hub name such as Xenova/all-MiniLM-L6-v2, or a model\'s folder', "default");
}

/** Reads a number from 0 to 1. */
export function share(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0 && number <= 1))
    throw new InvalidArgumentError(`Expected a number from 0 to 1; received "${text}".`);
  return number;
}
