import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadEncoder } from "../load-encoder.js";
import { hashFeature } from "./hash-feature.js";
import { hashingEncoder } from "./hashing-encoder.js";

const length = (vector: Float32Array) => Math.hypot(...vector);

describe("hashingEncoder", () => {
  it("puts sign · (1 + ln count) of each n-gram into its place", async () => {
    const dim = 64;
    const encoder = hashingEncoder({ dim, words: [1, 2], characters: [] });
    // "a b a": words a twice, b once; pairs "a b", "b a" once each.
    const expected = new Float64Array(dim);
    for (const [gram, n, count] of [
      ["a", 1, 2],
      ["b", 1, 1],
      ["a b", 2, 1],
      ["b a", 2, 1],
    ] as const) {
      const hash = hashFeature(gram, 0, gram.length, n);
      expected[(hash >>> 1) % dim]! += (hash & 1 ? 1 : -1) * (1 + Math.log(count));
    }
    const norm = Math.hypot(...expected);
    const vector = await encoder.encode(["A b  a"]);
    for (let i = 0; i < dim; i++) expect(vector[i]).toBeCloseTo(expected[i]! / norm, 6);
  });

  it("lets n-grams count less the more texts of the corpus hold them: ln((1 + texts) / (1 + texts with it)) + 1", async () => {
    const corpus = ["a b", "a c", "a a d"];
    const dim = 64;
    const vector = await hashingEncoder({ dim, words: [1], characters: [], corpus }).encode(["a b x"]);
    const expected = new Float64Array(dim);
    for (const [word, texts] of [
      ["a", 3],
      ["b", 1],
      ["x", 0],
    ] as const) {
      const hash = hashFeature(word, 0, 1, 1);
      expected[(hash >>> 1) % dim]! += (hash & 1 ? 1 : -1) * (Math.log((1 + 3) / (1 + texts)) + 1);
    }
    const norm = Math.hypot(...expected);
    for (let i = 0; i < dim; i++) expect(vector[i]).toBeCloseTo(expected[i]! / norm, 6);
  });

  it("is saved with the counts of its corpus, and refuses others", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hashing-"));
    try {
      const encoder = hashingEncoder({ corpus: ["my card", "my rate"] });
      expect(encoder.fingerprint).not.toBe(hashingEncoder().fingerprint);
      expect(encoder.fingerprint).not.toBe(hashingEncoder({ corpus: ["my card"] }).fingerprint);
      const reference = JSON.parse(JSON.stringify(await encoder.save(folder)));
      const loaded = await loadEncoder<string>(reference, folder);
      expect(loaded.fingerprint).toBe(encoder.fingerprint);
      expect(await loaded.encode(["my lost card"])).toEqual(await encoder.encode(["my lost card"]));
      const file = join(folder, Object.keys(reference.files)[0]!);
      await writeFile(file, new Uint8Array(12));
      await expect(loadEncoder(reference, folder)).rejects.toThrow("is not the file that the encoder");
      const sum = createHash("sha256").update(new Uint8Array(12)).digest("hex");
      await expect(loadEncoder({ ...reference, files: { [Object.keys(reference.files)[0]!]: sum } }, folder)).rejects.toThrow(
        "received 12",
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("names a corpus that is none", () => {
    expect(() => hashingEncoder({ corpus: [] })).toThrow("`hashingEncoder.corpus` must be an array of one text or more; received none");
    expect(() => hashingEncoder({ corpus: "my card" as never })).toThrow("`hashingEncoder.corpus` must be an array");
    expect(() => hashingEncoder({ corpus: ["my card", ""] })).toThrow(/corpus/);
  });

  it("gives words their share of the cosine", async () => {
    const options = { dim: 4096, words: [1], characters: [2] };
    const cosine = async (encoder: ReturnType<typeof hashingEncoder>) => {
      const [a, b] = [await encoder.encode(["abc xyz"]), await encoder.encode(["abc qrs"])];
      return a.reduce((sum, number, i) => sum + number * b[i]!, 0);
    };
    // One of two words is shared, and 4 of 8 pairs of characters (" a", "ab", "bc", "c ").
    expect(await cosine(hashingEncoder({ ...options, characters: [] }))).toBeCloseTo(0.5, 6);
    expect(await cosine(hashingEncoder({ ...options, words: [] }))).toBeCloseTo(0.5, 6);
    // Of "abc" and "abd": no word, 2 of 4 pairs; times the characters' share 0.8.
    const shared = hashingEncoder({ ...options, wordShare: 0.2 });
    const [a, b] = [await shared.encode(["abc"]), await shared.encode(["abd"])];
    expect(a.reduce((sum, number, i) => sum + number * b[i]!, 0)).toBeCloseTo(0.8 * 0.5, 6);
  });

  it("has golden hashes, so that stored vectors stay right", () => {
    expect([hashFeature("card", 0, 4, 1), hashFeature("é", 0, 1, 3), hashFeature("", 0, 0, 0)]).toMatchInlineSnapshot(`
      [
        3084653976,
        3623898043,
        2872998923,
      ]
    `);
  });

  it("gives every text a vector of length 1, whatever n-grams are asked for", async () => {
    const encoders = [
      hashingEncoder(),
      hashingEncoder({ words: [3], characters: [] }),
      hashingEncoder({ words: [], characters: [8], dim: 16 }),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, unit: "binary" }).filter((text) => text.trim() !== ""),
        async (text) => {
          for (const encoder of encoders) {
            const size = length(await encoder.encode([text]));
            // Signs of a few features may cancel in 16 places.
            expect(encoder.dim === 16 && size === 0 ? 1 : size).toBeCloseTo(1, 5);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("does not depend on case, form or other texts, unless asked to", async () => {
    const encoder = hashingEncoder();
    const [a] = [await encoder.encode(["Caf\u00e9  CARD"])];
    expect(await encoder.encode(["cafe\u0301 card"])).toEqual(a);
    expect((await encoder.encode(["x", "caf\u00e9 card"])).slice(encoder.dim)).toEqual(a);
    const cased = hashingEncoder({ lowercase: false });
    expect(await cased.encode(["Card"])).not.toEqual(await cased.encode(["card"]));
  });

  it("comes back from its reference, and refuses one of another recipe", async () => {
    const encoder = hashingEncoder({ dim: 100, words: [2, 1], wordShare: 0.25 });
    const reference = JSON.parse(JSON.stringify(await encoder.save("")));
    const loaded = await loadEncoder<string>(reference, "");
    expect(loaded.fingerprint).toBe(encoder.fingerprint);
    expect(await loaded.encode(["my card"])).toEqual(await encoder.encode(["my card"]));
    await expect(loadEncoder({ ...reference, fingerprint: "00" }, "")).rejects.toMatchObject({ code: "INCOMPATIBLE" });
    await expect(loadEncoder({ ...reference, kind: "hashin" }, "")).rejects.toThrow(/Did you mean "hashing"/);
    expect(hashingEncoder({ dim: 100 }).fingerprint).not.toBe(encoder.fingerprint);
  });

  it("refuses wrong options and values", async () => {
    for (const options of [
      { dim: 0 },
      { words: [0] },
      { words: [1, 1] },
      { characters: [9] },
      { words: [], characters: [] },
      { wordShare: 2 },
    ]) {
      expect(() => hashingEncoder(options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
    expect(() => hashingEncoder({ dims: 3 } as object)).toThrow(/Did you mean "dim"/);
    await expect(hashingEncoder().encode(["a", ""])).rejects.toThrow(/values\[1\]/);
    await expect(hashingEncoder().encode(["a"], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
  });
});
