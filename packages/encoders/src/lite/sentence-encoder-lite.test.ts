import { appendFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FrozenEncoder, Progress } from "@quaterion/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadSentenceEncoderLite, sentenceEncoderLite } from "./sentence-encoder-lite.js";

// First eight numbers, sum and sum of squares of what @tensorflow/tfjs-converter and @tensorflow/tfjs-backend-cpu 4.22 compute from the same graph,
// with the tokens of @tensorflow-models/universal-sentence-encoder 1.3.3.
const golden: { text: string; first: number[]; sum: number; squares: number }[] = [
  {
    text: "How old are you?",
    first: [0.03868528, 0.05044373, -0.04552361, 0.05607944, -0.06007658, -0.05509718, 0.06218659, 0.0622829],
    sum: 0.0421826,
    squares: 1.0,
  },
  {
    text: "Please transfer 1,250.50 € to Zoë's account: ASAP!!!",
    first: [-0.04465166, 0.04558993, 0.00675251, -0.00811763, -0.0256916, 0.0535446, 0.00659314, -0.03309532],
    sum: -1.0770367,
    squares: 1.0,
  },
  {
    text: "日本語 の テキスト 😀😀 x",
    first: [-0.04921806, -0.05525614, -0.01621196, -0.00543706, 0.02333515, -0.02776689, 0.05507759, -0.05672584],
    sum: 0.8003348,
    squares: 1.0,
  },
  {
    text: "The quick brown fox jumps over the lazy dog. ".repeat(30),
    first: [-0.06728618, -0.06535366, 0.02408593, -0.03877156, 0.03944582, 0.0724168, -0.01039323, -0.0622002],
    sum: -0.6638848,
    squares: 1.0000001,
  },
  {
    text: "ﬁne ½ ＡＢＣ :-) http://example.com",
    first: [-0.02211636, -0.07537567, -0.02162585, -0.00711387, 0.0431322, 0.0279064, -0.02781715, -0.07262454],
    sum: -0.7066087,
    squares: 1.0,
  },
];

const root = await mkdtemp(join(tmpdir(), "quaterion-lite-"));
afterAll(() => rm(root, { recursive: true, force: true }));

let encoder: FrozenEncoder<string>;
beforeAll(async () => {
  encoder = await sentenceEncoderLite({ threads: 1 });
});

const rows = (vectors: Float32Array) =>
  Array.from({ length: vectors.length / 512 }, (_, row) => vectors.subarray(row * 512, (row + 1) * 512));
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const largestDifference = (a: Float32Array, b: Float32Array) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

describe("sentenceEncoderLite", () => {
  it("gives the vectors that TensorFlow.js computes from the same graph", async () => {
    const vectors = rows(await encoder.encode(golden.map(({ text }) => text)));
    for (const [row, { first, sum, squares }] of golden.entries()) {
      const vector = vectors[row]!;
      for (const [i, value] of first.entries()) expect(Math.abs(vector[i]! - value)).toBeLessThan(1e-5);
      expect(vector.reduce((total, x) => total + x)).toBeCloseTo(sum, 4);
      expect(dot(vector, vector)).toBeCloseTo(squares, 5);
    }
  });

  it("does not depend on what else is encoded, its order, or the threads", async () => {
    const texts = Array.from({ length: 70 }, (_, i) => `${"word ".repeat((i * 7) % 13)}number ${i}?`);
    const together = await encoder.encode(texts);
    const reversed = rows(await encoder.encode(texts.toReversed())).toReversed();
    const other = await sentenceEncoderLite({ threads: 2 });
    expect(largestDifference(together, await other.encode(texts))).toBeLessThan(1e-5);
    for (const [row, vector] of rows(together).entries()) {
      expect(largestDifference(vector, reversed[row]!)).toBeLessThan(1e-5);
      if (row % 10 === 0) expect(largestDifference(vector, await encoder.encode([texts[row]!]))).toBeLessThan(1e-5);
    }
    expect(other.fingerprint).toBe(encoder.fingerprint);
  });

  it("puts what means the same nearer than what shares words", async () => {
    const texts = ["How old are you?", "What is your age?", "How old is your car?"];
    const [a, b, c] = rows(await encoder.encode(texts));
    expect(dot(a!, b!)).toBeGreaterThan(dot(a!, c!));
  });

  it("gives nothing for nothing, and reports what is done", async () => {
    expect(await encoder.encode([])).toHaveLength(0);
    const seen: Progress[] = [];
    await encoder.encode(
      Array.from({ length: 130 }, (_, i) => `text ${i}`),
      { onProgress: (progress) => seen.push(progress) },
    );
    expect(seen.at(-1)).toEqual({ phase: "encoding texts", done: 130, total: 130, unit: "texts" });
    expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).toSorted((a, b) => a - b));
  });

  it("stops when its signal says so", async () => {
    await expect(encoder.encode(["a"], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
    const controller = new AbortController();
    const texts = Array.from({ length: 640 }, (_, i) => `text ${i}`);
    const stopped = encoder.encode(texts, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(stopped).rejects.toThrow(/after (64|128|192|256|320|384|448|512|576) of 640 texts/);
  });

  it("refuses what is no text, naming the index", async () => {
    await expect(encoder.encode(["a", " "])).rejects.toThrow("`values[1]`");
    await expect(encoder.encode([5 as unknown as string])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(sentenceEncoderLite({ thread: 1 } as object)).rejects.toThrow('Did you mean "threads"?');
    await expect(sentenceEncoderLite({ threads: 0 })).rejects.toThrow("sentenceEncoderLite.threads");
  });

  it("leaves words out, and is known by the text's bytes", () => {
    expect(encoder.parts!("lost my card").map(({ without }) => without)).toEqual(["my card", "lost card", "lost my"]);
    expect(encoder.key("é")).toEqual(new Uint8Array([0xc3, 0xa9]));
  });
});

describe("loadSentenceEncoderLite", () => {
  it("gives the same vectors from the saved files alone, and notices a changed one", async () => {
    const folder = await mkdtemp(join(root, "saved-"));
    const reference = JSON.parse(JSON.stringify(await encoder.save(folder)));
    expect(reference).toMatchObject({ kind: "sentence-encoder-lite", name: "universal-sentence-encoder-lite", dim: 512 });
    expect(Object.keys(reference.files).toSorted()).toEqual((await readdir(folder)).toSorted());

    const loaded = await loadSentenceEncoderLite(reference, folder, { threads: 1 });
    expect(loaded.fingerprint).toBe(encoder.fingerprint);
    expect(await loaded.encode(["Where is my card?"])).toEqual(await encoder.encode(["Where is my card?"]));

    await expect(loadSentenceEncoderLite({ ...reference, fingerprint: "00" }, folder)).rejects.toMatchObject({ code: "INCOMPATIBLE" });
    await appendFile(join(folder, "vocab.json"), " ");
    await expect(loadSentenceEncoderLite(reference, folder)).rejects.toMatchObject({ code: "INCOMPATIBLE" });
    await rm(join(folder, "vocab.json"));
    await expect(loadSentenceEncoderLite(reference, folder)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
