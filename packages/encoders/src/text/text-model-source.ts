import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  anything,
  boolean,
  type Check,
  checkOptions,
  InvalidArgumentError,
  NotFoundError,
  nonEmptyString,
  type OnProgress,
  oneOf,
  positiveInteger,
  shown,
} from "@quaterion/core";
import { hubFile, isFile } from "@quaterion/core/node";
import { type PoolingMode, poolingModes } from "./pooling.js";
import { type Prompts, readTextModelSettings, type TextModelSettings } from "./text-model-settings.js";

/** Options of every factory that reads a pretrained text model. What is left out is read from the model's own files. */
export interface TextModelOptions {
  /** Branch, tag or commit of a hub model. Default "main"; give a commit to get the same model for ever. */
  revision?: string;
  pooling?: PoolingMode | readonly PoolingMode[];
  /** Vectors are scaled to length 1. */
  normalize?: boolean;
  /** Tokens read of a text, special tokens included. */
  maxLength?: number;
  /** What is put before a text, by role. */
  prompts?: Prompts;
  /** Called while files are fetched. */
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

const poolingCheck: Check<unknown> = (value, argument) => {
  for (const mode of Array.isArray(value) && value.length > 0 ? value : [value]) oneOf(poolingModes)(mode, argument);
};

const promptsCheck: Check<unknown> = (value, argument) => {
  checkOptions(argument, value, { query: text, document: text, default: text });
};

const text: Check<string> = (value, argument) => {
  if (typeof value === "string") return value;
  throw new InvalidArgumentError(`\`${argument}\` must be a text; received ${shown(value)}.`);
};

/** Checks of {@link TextModelOptions}. */
export const textModelChecks = {
  revision: nonEmptyString,
  pooling: poolingCheck,
  normalize: boolean,
  maxLength: positiveInteger,
  prompts: promptsCheck,
  onProgress: anything,
  signal: anything,
} as const;

/** The place of a model's file; undefined where the model has none of that name. */
export type Find = (path: string) => Promise<string | undefined>;

/** Where a model's files come from. */
export interface TextModelSource {
  /** False: the hub. */
  readonly folder: boolean;
  readonly find: Find;
}

/**
 * A folder, or a name on the hub, as a place of files.
 * @throws {NotFoundError} when it is neither
 */
export async function openTextModelSource(model: string, options: TextModelOptions): Promise<TextModelSource> {
  if (await isFolder(model)) {
    return { folder: true, find: async (path) => ((await isFile(join(model, path))) ? join(model, path) : undefined) };
  }
  if (!/^\w[\w.-]*\/\w[\w.-]*$/.test(model)) {
    throw new NotFoundError(
      `There is no folder ${resolve(model)}, and "${model}" is not a name on the hub ("org/name"). Give a folder that is there, or a hub name.`,
    );
  }
  return {
    folder: false,
    find: (path) => hubFile(model, path, { revision: options.revision, onProgress: options.onProgress, signal: options.signal }),
  };
}

/** The model's own settings, with those of the options in their place. */
export async function textModelSettings(find: Find, model: string, options: TextModelOptions): Promise<TextModelSettings> {
  const read = await readTextModelSettings(find, model);
  const { pooling } = options;
  return {
    ...read,
    ...(pooling === undefined
      ? {}
      : { pooling: typeof pooling === "string" ? [pooling] : poolingModes.filter((mode) => pooling.includes(mode)) }),
    normalize: options.normalize ?? read.normalize,
    maxLength: options.maxLength ?? read.maxLength,
    prompts: { ...read.prompts, ...options.prompts },
  };
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}
