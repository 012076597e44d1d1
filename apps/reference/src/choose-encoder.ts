import { existsSync } from "node:fs";
import { type FrozenEncoder, InvalidArgumentError, NotFoundError, nearestName, type OnProgress, QuaterionError } from "@quaterion/core";
import type { TrainableEncoder } from "@quaterion/core/training";
import { hashingEncoder, multiEncoder, sentenceEncoderLite, textEncoder } from "@quaterion/encoders";
import { trainableTextEncoder } from "@quaterion/encoders/trainable";

/**
 * The encoder that `--encoder` names: `default` (a small pretrained sentence encoder that comes with npm, joined with hashed word and
 * character n-grams), `hashing` (the n-grams alone), or a model's folder or hub name.
 * @param corpus the training texts, for `hashing`: n-grams that many of them hold count less
 */
export async function chooseEncoder(name: string, corpus: readonly string[], onProgress?: OnProgress): Promise<FrozenEncoder<string>> {
  if (name === "default")
    return multiEncoder(
      { sentences: await sentenceEncoderLite(), ngrams: hashingEncoder({ dim: 512 }) },
      { weights: { sentences: 0.6, ngrams: 0.4 } },
    );
  if (name === "hashing") return hashingEncoder({ dim: 2048, corpus });
  const meant = name.includes("/") || existsSync(name) ? undefined : nearestName(name, ["default", "hashing"]);
  if (meant !== undefined) throw new NotFoundError(`\`--encoder\` knows no "${name}". Did you mean "${meant}"?`);
  try {
    return await textEncoder(name, { onProgress });
  } catch (cause) {
    if (!QuaterionError.is(cause) || !name.includes("/") || existsSync(name)) throw cause;
    throw new NotFoundError(
      `\`--encoder\` names ${name}, and there is no such folder here. Looked for as a model of the hub: ${cause.message}`,
      { cause },
    );
  }
}

/** What `--tune` can be: a head on the frozen encoder, or the encoder too, all of its weights or adapters in it. */
export const tunings = ["head", "all", "lora"] as const;

/**
 * The encoder that `--encoder` names, to be trained; none where heads alone are.
 * @throws {InvalidArgumentError} when it is none whose weights can be trained
 */
export async function chooseTrainable(
  name: string,
  tune: (typeof tunings)[number],
  onProgress?: OnProgress,
): Promise<TrainableEncoder<string> | undefined> {
  if (tune === "head") return undefined;
  if (name === "default" || name === "hashing")
    throw new InvalidArgumentError(
      `\`--tune ${tune}\` trains a transformer, and \`--encoder ${name}\` is none. Name one: a folder, or a hub name such as sentence-transformers/all-MiniLM-L6-v2.`,
    );
  return trainableTextEncoder(name, { train: tune, tokenDropout: 0.2, onProgress });
}
