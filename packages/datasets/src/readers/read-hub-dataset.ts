import { anything, boolean, checkOptions, InvalidDataError, NotFoundError, nonEmptyString } from "@quaterion/core";
import { hubFile } from "@quaterion/core/node";
import { columnsCheck } from "./columns-check.js";
import { chosenSplit, type HubDatasetPlace, hubDatasetSplits } from "./hub-splits.js";
import { type ParquetOptions, type ParquetRow, streamParquet } from "./read-parquet.js";
import { aFunction } from "./text-file-options.js";

export interface HubDatasetOptions<Column extends string = string> extends ParquetOptions<Column>, HubDatasetPlace {
  /** Default: the only one, or "default". */
  config?: string | undefined;
  /** Default "train", or the only one. */
  split?: string | undefined;
  /** Whether to be content with the beginning of a split, where the hub has made Parquet of its first 5 GB only. Default false. */
  partial?: boolean | undefined;
}

/**
 * Reads a data set of the Hugging Face hub by its name, from the Parquet files that the hub makes of public data sets; each file is fetched
 * once, into the hub's own cache. Heeds `HF_ENDPOINT`, `HF_TOKEN`, `HF_HOME`, `HF_HUB_CACHE` and `HF_HUB_OFFLINE`. Else as `readParquet`.
 * @param name "org/name", or "name"
 * @throws {NotFoundError} when there is no such data set, config, split or revision, access is refused, or the hub has no Parquet files of it
 * @throws {StorageError} when the hub can't be reached, or a file arrives damaged
 * @throws {InvalidDataError} as `readParquet`
 * @throws {AbortedError} when `signal` says so
 */
export async function readHubDataset<Row extends object = ParquetRow>(name: string, options: HubDatasetOptions = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of streamHubDataset<Row>(name, options)) rows.push(row);
  if (rows.length === 0) throw new InvalidDataError("The split has no rows.", { file: name });
  return rows;
}

/** Reads a data set of the hub row by row, in bounded memory: a file is fetched when its first row is asked for; else as {@link readHubDataset}. */
export async function* streamHubDataset<Row extends object = ParquetRow>(
  name: string,
  options: HubDatasetOptions = {},
): AsyncGenerator<Row> {
  checkOptions("readHubDataset", options, {
    columns: columnsCheck,
    classNames: boolean,
    config: nonEmptyString,
    split: nonEmptyString,
    partial: boolean,
    revision: nonEmptyString,
    onProgress: aFunction,
    signal: anything,
  });
  const { config, split, partial = false, columns, classNames, onProgress, signal } = options;
  const { commit, splits } = await hubDatasetSplits(name, options);
  const chosen = chosenSplit(name, splits, config, split);
  if (chosen.partial && !partial)
    throw new NotFoundError(
      `The hub has only the beginning (5 GB) of ${name}, ${chosen.config}/${chosen.split}. Pass \`partial: true\` to be content with it.`,
    );
  for (const path of chosen.files) {
    const file = await hubFile(name, path, { type: "dataset", revision: commit, onProgress, signal });
    if (file === undefined) throw new NotFoundError(`${name} lists ${path}, but has no such file. Try again later.`);
    yield* streamParquet<Row>(file, { columns, classNames, onProgress });
  }
}
