import { existsSync } from "node:fs";
import { type FrozenEncoder, NotFoundError, nearestName, type OnProgress } from "@quaterion/core";
import { hashingEncoder, multiEncoder, sentenceEncoderLite, textEncoder } from "@quaterion/encoders";

/**
 * The encoder that `--encoder` names: `default` (a small pretrained sentence encoder that comes with npm, joined with hashed word and
 * character n-grams), `hashing` (the n-grams alone), or a model's folder or hub name.
 */
export async function chooseEncoder(name: string, onProgress?: OnProgress): Promise<FrozenEncoder<string>> {
  if (name === "default")
    return multiEncoder(
      { sentences: await sentenceEncoderLite(), ngrams: hashingEncoder({ dim: 512 }) },
      { weights: { sentences: 0.6, ngrams: 0.4 } },
    );
  if (name === "hashing") return hashingEncoder();
  const meant = name.includes("/") || existsSync(name) ? undefined : nearestName(name, ["default", "hashing"]);
  if (meant !== undefined) throw new NotFoundError(`\`--encoder\` knows no "${name}". Did you mean "${meant}"?`);
  return textEncoder(name, { onProgress });
}
