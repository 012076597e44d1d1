import { appendFile, mkdtemp, rm, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyOnnx, tinyStates, tinyTokenizer, tinyWords, writeTinyModel } from "../../test/tiny-text-model.js";
import { loadEncoder } from "../load-encoder.js";
import { textEncoder } from "./text-encoder.js";

let root: string;
let made = 0;
const fresh = () => mkdtemp(join(root, `m${made++}-`));
const model = async (extra = {}) => writeTinyModel(await fresh(), extra);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "text-encoder-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const ids = (...words: string[]) => ["[CLS]", ...words, "[SEP]"].map((word) => tinyWords.indexOf(word));
const unit = (vector: number[]) => vector.map((number) => number / Math.hypot(...vector));
const mean = (rows: number[][]) => rows[0]!.map((_, d) => rows.reduce((sum, row) => sum + row[d]!, 0) / rows.length);
function expectClose(received: ArrayLike<number>, expected: readonly number[], digits = 5): void {
  expect(received.length).toBe(expected.length);
  for (const [i, number] of expected.entries()) expect(received[i]).toBeCloseTo(number, digits);
}

describe("textEncoder", () => {
  it("gives the mean of the token states, of length 1, where the model says nothing else", async () => {
    const encoder = await textEncoder(await model());
    expect(encoder.dim).toBe(4);
    expectClose(await encoder.encode(["My CARDs"]), unit(mean(tinyStates(ids("my", "card", "##s")))));
  });

  it("does not depend on what else is in the batch", async () => {
    const encoder = await textEncoder(await model());
    const texts = ["card", "my card is lost what rate is my card", "hello", "what rate", "zebra", "my ".repeat(60)];
    const together = await encoder.encode(texts);
    for (const [i, text] of texts.entries()) expectClose(await encoder.encode([text]), [...together.subarray(4 * i, 4 * i + 4)], 6);
  });

  it("pools and scales as the model's own configuration says", async () => {
    const states = tinyStates(ids("my", "card"));
    const max = states[0]!.map((_, d) => Math.max(...states.map((row) => row[d]!)));
    const steps = (kinds: string[]) =>
      kinds.map((kind) => ({ type: `sentence_transformers.models.${kind}`, path: kind === "Pooling" ? "1_Pooling" : "" }));
    const pooling = (config: object, kinds = ["Transformer", "Pooling"]) =>
      model({ "modules.json": steps(kinds), "1_Pooling/config.json": config });
    const run = async (folder: string) => (await textEncoder(folder)).encode(["my card"]);
    expectClose(await run(await pooling({ pooling_mode_cls_token: true })), states[0]!);
    expectClose(await run(await pooling({ pooling_mode: "lasttoken" })), states.at(-1)!);
    expectClose(await run(await pooling({ pooling_mode_max_tokens: true, pooling_mode_cls_token: true })), [...states[0]!, ...max]);
    const scaled = await pooling({ pooling_mode_cls_token: true }, ["Transformer", "Pooling", "Normalize"]);
    expectClose(await run(scaled), unit(states[0]!));
    await expect(run(await pooling({ pooling_mode_magic: true }))).rejects.toMatchObject({ code: "INCOMPATIBLE" });
    await expect(run(await pooling({}, ["Transformer", "Dense"]))).rejects.toThrow(/step "Dense"/);
  });

  it("does not pool otherwise in silence where the model's pooling settings are missing, and reads no path out of the folder", async () => {
    const steps = (path: string) => [{ type: "Transformer" }, { type: "sentence_transformers.models.Pooling", path }];
    await expect(textEncoder(await model({ "modules.json": steps("1_Pooling") }))).rejects.toThrow(
      /pools as its 1_Pooling\/config.json says/,
    );
    for (const path of ["../secrets", "/etc", "C:\\x"]) {
      await expect(textEncoder(await model({ "modules.json": steps(path) }))).rejects.toThrow("points out of the model's folder");
    }
  });

  it("cuts at the model's length, keeps the closing token, and says so", async () => {
    const encoder = await textEncoder(await model({ "sentence_bert_config.json": { max_seq_length: 4 } }));
    const notes: (string | undefined)[] = [];
    const vectors = await encoder.encode(["my card is lost", "hello"], { onProgress: ({ note }) => notes.push(note) });
    expectClose(vectors.subarray(0, 4), unit(mean(tinyStates(ids("my", "card")))));
    expect(encoder.stats).toMatchObject({ texts: 2, cut: 1, tokens: 7 });
    expect(notes.at(-1)).toBe("1 of 2 texts are longer than 4 tokens: only their start counts");
  });

  it("puts the prompt of a role before the text, and has roles only where they differ", async () => {
    const encoder = await textEncoder(
      await model({ "config_sentence_transformers.json": { prompts: { query: "query: ", document: "" } } }),
    );
    expect(encoder.roles).toEqual(["query"]);
    expectClose(await encoder.encode(["rate"], { role: "query" }), unit(mean(tinyStates(ids("query", ":", "rate")))));
    expect(await encoder.encode(["rate"], { role: "document" })).toEqual(await encoder.encode(["rate"]));
    expect((await textEncoder(await model())).roles).toBeUndefined();
    const folder = await model({ "1_Pooling/config.json": { pooling_mode_mean_tokens: true, include_prompt: false } });
    const without = await textEncoder(folder, { prompts: { query: "query: " } });
    expectClose(await without.encode(["rate"], { role: "query" }), unit(mean(tinyStates(ids("query", ":", "rate")).slice(3))));
  });

  it("feeds token types only to models that read them, and gives them the same numbers", async () => {
    const typed = await textEncoder(await model({ "onnx/model.onnx": tinyOnnx({ types: true }) }));
    expect(await typed.encode(["my card"])).toEqual(await (await textEncoder(await model())).encode(["my card"]));
  });

  it("refuses values that are no text, naming the index", async () => {
    const encoder = await textEncoder(await model());
    await expect(encoder.encode(["a", " "])).rejects.toThrow(/`values\[1\]`.*not empty/s);
    await expect(encoder.encode([3 as unknown as string])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await encoder.encode([])).toEqual(new Float32Array(0));
  });

  it("never passes NaN on", async () => {
    const encoder = await textEncoder(await model({ "onnx/model.onnx": tinyOnnx({ nan: true }) }));
    await expect(encoder.encode(["my card", "hello"])).rejects.toThrow(/gave NaN for the value "hello"/);
  });

  it("stops when the signal says so", async () => {
    const encoder = await textEncoder(await model(), { batch: 1 });
    const stop = new AbortController();
    const running = encoder.encode(["my", "card", "lost"], { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(running).rejects.toThrow("stopped after 1 of 3 texts");
  });

  it("comes back from a saved folder with the same fingerprint and vectors", async () => {
    const encoder = await textEncoder(await model({ "sentence_bert_config.json": { max_seq_length: 5 } }), {
      prompts: { query: "query: " },
    });
    const folder = await fresh();
    const reference = JSON.parse(JSON.stringify(await encoder.save(folder)));
    const loaded = await loadEncoder<string>(reference, folder, { threads: 1 });
    expect(loaded.fingerprint).toBe(encoder.fingerprint);
    expect(await loaded.encode(["my card is lost"], { role: "query" })).toEqual(
      await encoder.encode(["my card is lost"], { role: "query" }),
    );
    await appendFile(join(folder, "tokenizer.json"), " ");
    await expect(loadEncoder(reference, folder)).rejects.toThrow(/tokenizer\.json is not the file/);
    await unlink(join(folder, "tokenizer.json"));
    await expect(loadEncoder(reference, folder)).rejects.toMatchObject({ code: "NOT_FOUND" });
    const escaping = { ...reference, files: { "../x": "00" } };
    await expect(loadEncoder(escaping, folder)).rejects.toMatchObject({ code: "INCOMPATIBLE" });
  });

  it("has another fingerprint for other bytes or settings, the same for another folder", async () => {
    const first = await textEncoder(await model());
    expect((await textEncoder(await model())).fingerprint).toBe(first.fingerprint);
    const others = [
      await textEncoder(await model(), { pooling: "cls" }),
      await textEncoder(await model(), { normalize: false }),
      await textEncoder(await model(), { maxLength: 9 }),
      await textEncoder(await model(), { prompts: { default: "my " } }),
      await textEncoder(await model({ "onnx/model.onnx": tinyOnnx({ types: true }) })),
      await textEncoder(await model({ "tokenizer.json": { ...tinyTokenizer, version: "1.1" } })),
    ];
    expect(new Set([first, ...others].map(({ fingerprint }) => fingerprint)).size).toBe(7);
  });

  it("reads no text past the model's positions", async () => {
    expect((await textEncoder(await model(), { maxLength: 512 })).settings.maxLength).toBe(512);
    await expect(textEncoder(await model(), { maxLength: 513 })).rejects.toThrow(
      "`textEncoder.maxLength` must be at most 512, the positions that this model knows; received 513.",
    );
    const config = (more: object) => model({ "config.json": { model_type: "bert", max_position_embeddings: 514, ...more } });
    await expect(textEncoder(await config({ model_type: "xlm-roberta" }), { maxLength: 513 })).rejects.toThrow("at most 512");
    // No table of positions: the number is what the model was trained with, and no end.
    for (const more of [{ model_type: "modernbert" }, { position_embedding_type: "alibi" }])
      expect((await textEncoder(await config(more), { maxLength: 9999 })).settings.maxLength).toBe(9999);
  });

  it("knows no other roles than those that have prompts", async () => {
    const encoder = await textEncoder(await model(), { prompts: { query: "query : " } });
    await expect(encoder.encode(["my card"], { role: "qery" as never })).rejects.toThrow(
      '`encode.role` must be one of "query", "document"; received "qery". Did you mean "query"?',
    );
  });

  it("says what is missing and what to do", async () => {
    const folder = await model({ "onnx/model_quantized.onnx": tinyOnnx() });
    expect((await textEncoder(folder, { dtype: "q8" })).dim).toBe(4);
    await expect(textEncoder(folder, { dtype: "fp16" })).rejects.toThrow(/has no onnx\/model_fp16\.onnx.*It has dtype "fp32"/s);
    await unlink(join(folder, "tokenizer.json"));
    await expect(textEncoder(folder)).rejects.toThrow(/no tokenizer\.json/);
    await expect(textEncoder("./no/such/folder")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(textEncoder(folder, { poolin: "cls" } as object)).rejects.toThrow(/Did you mean "pooling"/);
    await expect(textEncoder(folder, { dtype: "q9" as "q8" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("names the words of a text, each with the text that is left without it", async () => {
    const encoder = await textEncoder(await model());
    expect(encoder.parts!("my  card is")).toEqual([
      { name: "my", without: "card is" },
      { name: "card", without: "my  is" },
      { name: "is", without: "my  card" },
    ]);
    expect(encoder.parts!("card")).toEqual([]);
  });
});
