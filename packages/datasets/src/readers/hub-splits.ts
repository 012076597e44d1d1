import { InvalidArgumentError, NotFoundError, nonEmptyString, shown, suggestion } from "@quaterion/core";
import { hubListing } from "@quaterion/core/node";

/** Where the hub keeps the Parquet files that it makes of data sets. */
export const parquetBranch = "refs/convert/parquet";

/** What a choice of files on the hub heeds. */
export interface HubDatasetPlace {
  /** Branch, tag or commit of the Parquet files. Default: the hub's own branch of them, `refs/convert/parquet`; give a commit of it to get the same rows for ever. */
  revision?: string;
  signal?: AbortSignal;
}

/** Files of one split. */
export interface HubSplit {
  readonly config: string;
  readonly split: string;
  /** Whether they hold only the beginning: the hub makes Parquet of the first 5 GB. */
  readonly partial: boolean;
  /** Paths within the repository, in order. */
  readonly files: readonly string[];
}

/** Splits of a data set at one commit. */
export interface HubSplits {
  readonly commit: string;
  readonly splits: readonly HubSplit[];
}

/** `<config>/<split>/0000.parquet`; `partial-` before the split for its first 5 GB, `-part0` behind it where there are very many files. */
const filePattern = /^(?<config>[^/]+)\/(?<partial>partial-)?(?<split>[^/]+?)(?:-part(?<part>\d+))?\/(?<number>\d+)\.parquet$/;

/**
 * The configs and splits of a data set on the Hugging Face hub that has Parquet files, and those files.
 * @param name "org/name", or "name"
 * @throws {InvalidArgumentError} when `name` is none
 * @throws {NotFoundError} when there is no such data set or revision, access is refused, or the hub has no Parquet files of it
 * @throws {StorageError} when the hub can't be reached
 */
export async function hubDatasetSplits(name: string, options: HubDatasetPlace = {}): Promise<HubSplits> {
  nonEmptyString(name, "name");
  if (!/^\w[\w.-]*(\/\w[\w.-]*)?$/.test(name))
    throw new InvalidArgumentError(`\`name\` must be a data set's name on the hub, "org/name"; received ${shown(name)}.`);
  const { revision = parquetBranch, signal } = options;
  const listing = await hubListing(name, { type: "dataset", revision, signal });
  const own = "Fetch its own files and read them with `readParquet`, `readCsv` or `readJsonLines`.";
  if (listing === undefined)
    throw new NotFoundError(
      revision === parquetBranch
        ? `The hub has made no Parquet files of ${name} (it does so of public data sets that it can read). ${own}`
        : `${name} has no revision "${revision}": expected a commit of the branch ${parquetBranch}.`,
    );
  const splits = new Map<string, { config: string; split: string; partial: boolean; files: { path: string; at: number[] }[] }>();
  for (const path of listing.files) {
    const { config, partial, split, part, number } = filePattern.exec(path)?.groups ?? {};
    if (config === undefined || split === undefined) continue;
    const key = `${config}/${split}`;
    const entry = splits.get(key) ?? { config, split, partial: false, files: [] };
    splits.set(key, entry);
    entry.partial ||= partial !== undefined;
    entry.files.push({ path, at: [Number(part ?? 0), Number(number)] });
  }
  if (splits.size === 0) throw new NotFoundError(`${name} has no Parquet files at ${revision}, like "default/train/0000.parquet". ${own}`);
  return {
    commit: listing.commit,
    splits: [...splits.values()]
      .map(({ files, ...rest }) => ({
        ...rest,
        files: files.sort((a, b) => a.at[0]! - b.at[0]! || a.at[1]! - b.at[1]!).map(({ path }) => path),
      }))
      .sort((a, b) => (`${a.config}\n${a.split}` < `${b.config}\n${b.split}` ? -1 : 1)),
  };
}

/**
 * The split that `config` and `split` choose. Without them: the only config, or "default"; the split "train", or the only one.
 * @throws {NotFoundError} when it is not there or can't be told; the message names the nearest, or all
 */
export function chosenSplit(name: string, splits: readonly HubSplit[], config: string | undefined, split: string | undefined): HubSplit {
  const pick = (what: "config" | "split", wanted: string | undefined, fallback: string, names: readonly string[]): string => {
    const found = wanted ?? (names.length === 1 ? names[0]! : fallback);
    if (names.includes(found)) return found;
    if (wanted === undefined)
      throw new NotFoundError(`${name} has several ${what}s: ${names.map((each) => `"${each}"`).join(", ")}. Say which with \`${what}\`.`);
    throw new NotFoundError(`${name} has no ${what} "${wanted}".${suggestion(wanted, names)}`);
  };
  const chosen = pick("config", config, "default", [...new Set(splits.map((each) => each.config))]);
  const within = splits.filter((each) => each.config === chosen);
  const named = pick(
    "split",
    split,
    "train",
    within.map((each) => each.split),
  );
  return within.find((each) => each.split === named)!;
}
