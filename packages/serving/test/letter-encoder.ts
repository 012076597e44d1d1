import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EncodeOptions, EncoderReference, FrozenEncoder, ValuePart } from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";

const dim = 32;

/** Counts pairs of letters into a few buckets: a small encoder that tells texts apart by their words. */
export class LetterEncoder implements FrozenEncoder<string> {
  readonly name = "letters";
  readonly dim = dim;
  readonly fingerprint = sha256(`letters-${dim}`);

  key(value: string): Uint8Array {
    return new TextEncoder().encode(value);
  }

  async encode(values: readonly string[], _options?: EncodeOptions): Promise<Float32Array> {
    const out = new Float32Array(values.length * dim);
    for (const [row, value] of values.entries()) {
      const text = ` ${value.toLowerCase()} `;
      for (let i = 0; i + 1 < text.length; i++) {
        const bucket = Math.imul(text.charCodeAt(i) * 31 + text.charCodeAt(i + 1), 0x9e3779b1) >>> 27;
        out[row * dim + bucket]! += 1;
      }
    }
    return out;
  }

  parts(value: string): ValuePart<string>[] {
    const words = value.split(" ");
    return words.map((name, i) => ({ name, without: words.filter((_, j) => j !== i).join(" ") }));
  }

  async save(folder: string): Promise<EncoderReference> {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "letters.txt"), String(dim));
    const { name, fingerprint } = this;
    return { kind: "letters", name, fingerprint, dim, files: { "letters.txt": sha256(String(dim)) }, config: {} };
  }
}
