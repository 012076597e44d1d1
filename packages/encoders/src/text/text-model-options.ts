import {
  anything,
  boolean,
  type Check,
  checkOptions,
  InvalidArgumentError,
  nonEmptyString,
  oneOf,
  positiveInteger,
  shown,
} from "@quaterion/core";
import type { Find, ModelSourceOptions } from "../model-files/model-source.js";
import { type PoolingMode, poolingModes } from "./pooling.js";
import { type Prompts, readTextModelSettings, type TextModelSettings } from "./text-model-settings.js";

/** Options of every factory that reads a pretrained text model. What is left out is read from the model's own files. */
export interface TextModelOptions extends ModelSourceOptions {
  pooling?: PoolingMode | readonly PoolingMode[] | undefined;
  /** Vectors are scaled to length 1. */
  normalize?: boolean | undefined;
  /** Tokens read of a text, special tokens included. */
  maxLength?: number | undefined;
  /** What is put before a text, by role. */
  prompts?: Prompts | undefined;
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
