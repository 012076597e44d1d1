import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AbortedError, type EncodeOptions, type EncoderReference, type FrozenEncoder, type ValuePart } from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import { describe, expect, it } from "vitest";
import { frozenEncoderLaws } from "./index.js";

/** A right encoder (counts of letters), whose parts a wrong one overrides. */
class Letters implements FrozenEncoder<string> {
  readonly name = "letters";
  readonly dim = 4;
  fingerprint = "ab12";
  key(value: string): Uint8Array {
    return new TextEncoder().encode(value);
  }
  vector(value: string): number[] {
    return ["a", "b", "c", "d"].map((letter) => value.split(letter).length - 1);
  }
  async encode(values: readonly string[], { signal }: EncodeOptions = {}): Promise<Float32Array> {
    if (signal?.aborted) throw new AbortedError("Stopped.");
    return Float32Array.from(values.flatMap((value) => this.vector(value)));
  }
  parts(value: string): readonly ValuePart<string>[] {
    return value.split(" ").map((name) => ({ name, without: value.replace(name, "") }));
  }
  async save(folder: string): Promise<EncoderReference> {
    await writeFile(join(folder, "letters.json"), "{}");
    return {
      kind: "letters",
      name: this.name,
      fingerprint: this.fingerprint,
      dim: this.dim,
      files: { "letters.json": sha256("{}") },
      config: {},
    };
  }
}

const wrong: [law: string, Encoder: new () => Letters][] = [
  [
    "gives one finite vector of its dimension for each value",
    class extends Letters {
      override async encode(values: readonly string[], options?: EncodeOptions) {
        const vectors = await super.encode(values, options);
        return values.length === 3 ? Float32Array.from([...vectors, 0]) : vectors;
      }
    },
  ],
  [
    "gives nothing for no values",
    class extends Letters {
      override async encode(values: readonly string[], options?: EncodeOptions) {
        return values.length === 0 ? new Float32Array(4) : super.encode(values, options);
      }
    },
  ],
  [
    "gives a value the same vector whatever else is in the batch",
    class extends Letters {
      override async encode(values: readonly string[], options?: EncodeOptions) {
        return (await super.encode(values, options)).map((x) => x / values.length);
      }
    },
  ],
  [
    "gives the same vectors again",
    class extends Letters {
      calls = 0;
      override async encode(values: readonly string[], options?: EncodeOptions) {
        this.calls++;
        const small = this.calls * 1e-6; // below the tolerance of the other laws
        return (await super.encode(values, options)).map((x) => x + small);
      }
    },
  ],
  [
    "has a fingerprint that only its content decides",
    class extends Letters {
      override fingerprint = `ab${Math.floor(performance.now() * 1e6)}`;
    },
  ],
  [
    "has equal keys for equal content, and no others",
    class extends Letters {
      override key(value: string) {
        return super.key(value.slice(0, 1));
      }
    },
  ],
  [
    "stops for an aborted signal",
    class extends Letters {
      override async encode(values: readonly string[]) {
        return super.encode(values);
      }
    },
  ],
  [
    "names parts that it can leave out",
    class extends Letters {
      override vector(value: string) {
        return value === "" ? [] : super.vector(value);
      }
    },
  ],
  [
    "saves the files that its reference names",
    class extends Letters {
      override async save(folder: string) {
        return { ...(await super.save(folder)), files: { "letters.json": sha256("other") } };
      }
    },
  ],
];

const values = ["aaa", "ab", "c d"];

async function broken(Encoder: new () => Letters): Promise<string[]> {
  const titles: string[] = [];
  for (const law of frozenEncoderLaws(() => new Encoder(), values)) await law.run().catch(() => titles.push(law.title));
  return titles;
}

describe("frozenEncoderLaws", () => {
  it("hold for a right encoder", async () => {
    expect(await broken(Letters)).toEqual([]);
  });
  it.each(wrong)("'%s' is broken by an encoder that is wrong in that alone", async (law, Encoder) => {
    expect(await broken(Encoder)).toEqual([law]);
  });
  it("all have an encoder here that breaks them", () => {
    expect(frozenEncoderLaws(() => new Letters(), values).map((law) => law.title)).toEqual(wrong.map(([law]) => law));
  });
  it("need two values", () => {
    expect(() => frozenEncoderLaws(() => new Letters(), ["a"])).toThrow("`values` must be two or more; received 1.");
  });
});
