import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FrozenEncoder } from "@quaterion/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTinyModel } from "../../test/tiny-text-model.js";
import { hashingEncoder } from "../hashing/hashing-encoder.js";
import { loadEncoder } from "../load-encoder.js";
import { textEncoder } from "../text/text-encoder.js";
import { multiEncoder } from "./multi-encoder.js";
import { precomputed } from "./precomputed.js";
import { switchEncoder } from "./switch-encoder.js";
import { vectorEncoder } from "./vector-encoder.js";

let root: string;
const fresh = () => mkdtemp(join(root, "f-"));
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "combined-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const json = <T>(value: T): T => JSON.parse(JSON.stringify(value));
const wrong = expect.objectContaining({ code: "INVALID_ARGUMENT" });

/** Saves an encoder, loads it again, and checks that it is the same. */
async function comesBack<Value>(encoder: FrozenEncoder<Value>, values: Value[], options = {}): Promise<void> {
  const folder = await fresh();
  const reference = json(await encoder.save(folder));
  const loaded = await loadEncoder<Value>(reference, folder, options);
  expect(loaded.fingerprint).toBe(encoder.fingerprint);
  expect(loaded.name).toBe(encoder.name);
  expect(await loaded.encode(values)).toEqual(await encoder.encode(values));
  for (const path of Object.keys(reference.files)) {
    await appendFile(join(folder, path), "x");
    await expect(loadEncoder(reference, folder, options)).rejects.toMatchObject({ code: "INCOMPATIBLE" });
  }
}

describe("multiEncoder", () => {
  const table = (rows: Record<string, number[]>) => precomputed(new Map(Object.entries(rows)));

  it("puts parts of length √(w / Σ w) one after the other", async () => {
    const a = table({ x: [3, 4] });
    const b = table({ x: [0, 0, 2] });
    const [vector] = [await multiEncoder({ a, b }, { weights: { a: 3 } }).encode(["x"])];
    const expected = [0.6 * Math.sqrt(0.75), 0.8 * Math.sqrt(0.75), 0, 0, Math.sqrt(0.25)];
    for (const [i, number] of expected.entries()) expect(vector[i]).toBeCloseTo(number, 6);
  });

  it("leaves a zero part zero", async () => {
    expect(await multiEncoder({ a: table({ x: [0, 0] }), b: table({ x: [2] }) }).encode(["x"])).toEqual(
      Float32Array.of(0, 0, Math.fround(Math.SQRT1_2)),
    );
  });

  it("has the roles of its parts, hands the role on, and takes words from the first part that has them", async () => {
    const text = await textEncoder(await writeTinyModel(await fresh()), { prompts: { query: "query: " } });
    const both = multiEncoder({ numbers: table({ "my card": [1] }), text });
    expect(both.roles).toEqual(["query"]);
    expect(await both.encode(["my card"], { role: "query" })).not.toEqual(await both.encode(["my card"]));
    expect(both.parts!("my card")).toHaveLength(2);
  });

  it("has one key for equal content, another for other content", async () => {
    const encoder = multiEncoder({ a: hashingEncoder(), b: hashingEncoder({ dim: 8 }) });
    expect(await encoder.key("x")).toEqual(await encoder.key("x"));
    expect(await encoder.key("x")).not.toEqual(await encoder.key("y"));
  });

  it("comes back from a saved folder, nested too", async () => {
    const text = await textEncoder(await writeTinyModel(await fresh()));
    const inner = multiEncoder({ hash: hashingEncoder({ dim: 32 }), text });
    await comesBack(multiEncoder({ inner, more: hashingEncoder({ dim: 16 }) }, { weights: { inner: 0.7, more: 0.1 } }), [
      "my card",
      "lost",
    ]);
  });

  it("has a fingerprint of parts, order and ratio of weights", () => {
    const [a, b] = [hashingEncoder(), hashingEncoder({ dim: 8 })];
    const print = (weights: Record<string, number>) => multiEncoder({ a, b }, { weights }).fingerprint;
    expect(print({ a: 2, b: 4 })).toBe(print({ b: 2 }));
    expect(print({ a: 2 })).not.toBe(print({}));
    expect(multiEncoder({ b, a }).fingerprint).not.toBe(print({}));
  });

  it("refuses what is no encoder, a name that is no folder, and weights that name nothing", () => {
    const a = hashingEncoder();
    expect(() => multiEncoder({})).toThrow(wrong);
    expect(() => multiEncoder({ "../a": a })).toThrow(wrong);
    expect(() => multiEncoder({ a: Promise.resolve(a) as unknown as typeof a })).toThrow(/Await it/);
    expect(() => multiEncoder({ alpha: a }, { weights: { alhpa: 1 } })).toThrow(/Did you mean "alpha"/);
    expect(() => multiEncoder({ a }, { weights: { a: 0 } })).toThrow(wrong);
  });
});

describe("switchEncoder", () => {
  const select = (value: string | readonly number[] | Float32Array) => (typeof value === "string" ? "text" : "vector");
  const encoder = () => switchEncoder({ text: hashingEncoder({ dim: 4 }), vector: vectorEncoder(4) }, select);

  it("gives each value to its encoder and keeps the order", async () => {
    const vectors = await encoder().encode([[1, 2, 3, 4], "card", Float32Array.of(5, 6, 7, 8), "my card"]);
    const texts = await hashingEncoder({ dim: 4 }).encode(["card", "my card"]);
    expect([...vectors]).toEqual([1, 2, 3, 4, ...texts.subarray(0, 4), 5, 6, 7, 8, ...texts.subarray(4)]);
  });

  it("keeps equal bytes of two kinds apart, and takes words from the value's own encoder", async () => {
    const both = switchEncoder({ text: hashingEncoder({ dim: 1 }), vector: vectorEncoder(1) }, select);
    const sameBytes = new Float32Array(new TextEncoder().encode("card").buffer);
    expect(await both.key("card")).not.toEqual(await both.key(sameBytes));
    expect(await both.key("card")).toEqual(await both.key("card"));
    expect(both.parts!("my card")).toHaveLength(2);
    expect(both.parts!([1])).toEqual([]);
  });

  it("comes back where its function is given again, and says so where it is not", async () => {
    await comesBack(encoder(), ["card", [1, 2, 3, 4]], { select });
    const folder = await fresh();
    await expect(loadEncoder(await encoder().save(folder), folder)).rejects.toThrow(/loadEncoder\(reference, folder, \{ select \}\)/);
  });

  it("refuses encoders of two dimensions, and a name that is not there", async () => {
    expect(() => switchEncoder({ a: vectorEncoder(2), b: vectorEncoder(3) }, () => "a")).toThrow(/"a" has 2, "b" has 3/);
    const lost = switchEncoder({ image: vectorEncoder(2) }, () => "imgae" as "image");
    await expect(lost.encode([[1, 2]])).rejects.toThrow(/`values\[0\]`.*Did you mean "image"/s);
  });
});

describe("precomputed", () => {
  it("looks vectors up by id, from a map, a list or one array", async () => {
    const ids = ["a", "b"];
    for (const given of [
      new Map([
        ["a", [1, 2]],
        ["b", [3, 4]],
      ] as [string, number[]][]),
      { ids, vectors: [[1, 2], Float32Array.of(3, 4)] },
      { ids, vectors: Float32Array.of(1, 2, 3, 4) },
    ]) {
      const encoder = precomputed(given);
      expect([...(await encoder.encode(["b", "a", "b"]))]).toEqual([3, 4, 1, 2, 3, 4]);
      expect(encoder.fingerprint).toBe(precomputed({ ids, vectors: Float32Array.of(1, 2, 3, 4) }).fingerprint);
    }
  });

  it("comes back from a saved folder", () => comesBack(precomputed({ ids: ["a", "b"], vectors: Float32Array.of(1, 2, 3, 4) }), ["b"]));

  it("says which id has no vector, and which input is wrong", async () => {
    await expect(precomputed(new Map([["card", [1]]])).encode(["card", "crad"])).rejects.toThrow(/values\[1\].*Did you mean "card"/s);
    const bad = [
      { ids: ["a"], vectors: [[1], [2]] },
      { ids: ["a", "a"], vectors: [[1], [2]] },
      { ids: ["a", "b"], vectors: [[1], [2, 3]] },
      { ids: ["a", "b"], vectors: Float32Array.of(1, 2, 3) },
      { ids: ["a"], vectors: Float32Array.of(Number.NaN) },
      { ids: ["a"], vectors: [[Number.POSITIVE_INFINITY]] },
      { ids: [], vectors: [] },
    ];
    for (const given of bad) expect(() => precomputed(given)).toThrow(wrong);
  });
});

describe("vectorEncoder", () => {
  it("passes vectors on and refuses what is none", async () => {
    const encoder = vectorEncoder(2);
    expect([...(await encoder.encode([[1, 2], Float32Array.of(3, 4)]))]).toEqual([1, 2, 3, 4]);
    expect(await encoder.key([1, 2])).toEqual(await encoder.key(Float32Array.of(1, 2)));
    for (const value of [[1], [1, Number.NaN], "ab"]) await expect(encoder.encode([value as number[]])).rejects.toThrow(/values\[0\]/);
    expect(() => vectorEncoder(0)).toThrow(wrong);
    await comesBack(encoder, [[1, 2]]);
  });
});

// Node's own recursive mkdir never comes back from there.
it.skipIf(process.platform !== "linux")("an encoder that is saved where no folder can be made says so", async () => {
  const corpus = ["my card", "my rate"];
  const encoders = [hashingEncoder({ corpus }), multiEncoder({ words: hashingEncoder({ corpus }), more: hashingEncoder() })];
  for (const encoder of encoders)
    await expect(encoder.save("/proc/quaterion/encoder")).rejects.toMatchObject({
      code: "STORAGE",
      message: expect.stringContaining("/proc/quaterion/encoder"),
    });
});
