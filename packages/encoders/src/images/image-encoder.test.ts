import { appendFile, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Pixels } from "@quaterion/core";
import { frozenEncoderLaws } from "@quaterion/testing";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyImageOnnx, tinyImageStates, tinyPreparation, writeTinyImageModel } from "../../test/tiny-image-model.js";
import { writeTinyModel } from "../../test/tiny-text-model.js";
import { multiEncoder, switchEncoder } from "../index.js";
import { loadEncoder } from "../load-encoder.js";
import { textEncoder } from "../text/text-encoder.js";
import { imageEncoder } from "./image-encoder.js";
import type { ImageValue } from "./image-value.js";

let root: string;
let made = 0;
const fresh = () => mkdtemp(join(root, `m${made++}-`));
const model = async (extra = {}) => writeTinyImageModel(await fresh(), extra);
const file = async (name: string, content: Uint8Array | string) => {
  const path = join(await fresh(), name);
  await writeFile(path, content);
  return path;
};
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "image-encoder-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const noise = (width: number, height: number, channels: 1 | 3 | 4, seed = 1): Pixels => ({
  data: Uint8Array.from({ length: width * height * channels }, (_, i) => ((i + seed) * 2654435761) >>> 24),
  width,
  height,
  channels,
});
const raw = ({ data, width, height, channels }: Pixels) => sharp(Buffer.from(data), { raw: { width, height, channels } });
const png = (pixels: Pixels) => raw(pixels).png().toBuffer();
const unit = (vector: readonly number[]) => vector.map((number) => number / Math.hypot(...vector));
function expectClose(received: ArrayLike<number>, expected: ArrayLike<number>, digits = 5): void {
  expect(received.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(received[i]).toBeCloseTo(expected[i]!, digits);
}
/** What the tiny model reads of an image of its own size, in float64. */
const numbersOf = ({ data, width, height, channels }: Pixels) =>
  Array.from({ length: 3 * width * height }, (_, i) => {
    const [c, p] = [Math.floor(i / (width * height)), i % (width * height)];
    return (data[p * channels + (channels === 1 ? 0 : c)]! / 255 - tinyPreparation.image_mean[c]!) / tinyPreparation.image_std[c]!;
  });
const statesOf = (pixels: Pixels) => tinyImageStates(numbersOf(pixels), pixels.height, pixels.width);
const meanOf = (rows: readonly number[][]) => rows[0]!.map((_, d) => rows.reduce((sum, row) => sum + row[d]!, 0) / rows.length);

interface Golden {
  title: string;
  config: object;
  output: string;
  image: string;
  vector: number[];
}
const golden = JSON.parse(await readFile(new URL("../../test/fixtures/images/golden.json", import.meta.url), "utf8")) as {
  encoded: Golden[];
};
const both = tinyImageOnnx({ outputs: ["last_hidden_state", "image_embeds"] });

describe("imageEncoder", () => {
  it.each(golden.encoded)("gives what transformers with Pillow gives: $title", async ({ config, output, image, vector }) => {
    const folder = await model({ "preprocessor_config.json": config, "onnx/model.onnx": both });
    const encoder = await imageEncoder(folder, { output, normalize: false });
    expectClose(await encoder.encode([Buffer.from(image, "base64")]), vector, 4);
    expect(encoder.stats).toEqual({ images: 1, decoded: 1, resized: 1 });
  });

  it("gives the first token's state, or the mean of all, by the model's own arithmetic", async () => {
    const image = noise(16, 16, 3);
    const folder = await model();
    expectClose(await (await imageEncoder(folder)).encode([image]), unit(statesOf(image)[0]!));
    const mean = await imageEncoder(folder, { pooling: "mean", normalize: false });
    expectClose(await mean.encode([image, noise(16, 16, 1)]), [...meanOf(statesOf(image)), ...meanOf(statesOf(noise(16, 16, 1)))]);
    expect(mean.dim).toBe(6);
  });

  it("reads the model's own vector where it has one, states where a pooling is asked for, and the output that is named", async () => {
    const image = noise(16, 16, 3);
    const states = statesOf(image);
    const greatest = states[0]!.map((_, d) => Math.max(...states.map((row) => row[d]!)));
    const folder = await model({
      "onnx/model.onnx": undefined,
      "onnx/vision_model.onnx": tinyImageOnnx({ outputs: ["last_hidden_state", "pooler_output", "image_embeds", "logits"] }),
    });
    const run = async (options: object) => (await imageEncoder(folder, { normalize: false, ...options })).encode([image]);
    expectClose(await run({}), greatest);
    expectClose(await run({ pooling: "cls" }), states[0]!);
    expectClose(await run({ output: "pooler_output" }), meanOf(states).map(Math.tanh));
    expectClose(
      await run({ output: "logits" }),
      states[0]!.map((_, d) => Math.min(...states.map((row) => row[d]!))),
    );
    // A ViT's pooler is often one that nobody trained.
    await writeFile(join(folder, "config.json"), '{"model_type":"vit"}');
    expectClose(await run({}), states[0]!);
  });

  it("takes the mean of feature maps, also of models whose channels come last, and of a fixed number of images", async () => {
    const image = noise(16, 16, 3);
    for (const channelsLast of [false, true]) {
      const shape = channelsLast ? [2, 16, 16, 3] : [2, 3, 16, 16];
      const onnx = tinyImageOnnx({ outputs: ["maps"], inputs: ["x"], channelsLast, shape });
      const encoder = await imageEncoder(await file("bare.onnx", onnx), { mean: [0.5, 0.4, 0.3], std: [0.5, 0.25, 0.2], normalize: false });
      expect(encoder.settings.size).toEqual({ height: 16, width: 16 });
      const other = noise(16, 16, 3, 5);
      const third = noise(16, 16, 3, 9);
      expectClose(
        await encoder.encode([image, other, third]),
        [image, other, third].flatMap((one) => meanOf(statesOf(one))),
      );
    }
  });

  it("keeps the model's crop beside another shorter edge, and reads all of a size of both edges", async () => {
    const cropped = { ...tinyPreparation, size: { shortest_edge: 20 }, do_center_crop: true, crop_size: 16 };
    const folder = await model({ "preprocessor_config.json": cropped });
    const settings = async (options: object) => (await imageEncoder(folder, options)).settings;
    const square = { height: 16, width: 16 };
    expect(await settings({})).toMatchObject({ size: { shortestEdge: 20 }, crop: square });
    expect(await settings({ size: { shortestEdge: 32 } })).toMatchObject({ size: { shortestEdge: 32 }, crop: square });
    expect(await settings({ size: 24 })).toMatchObject({ size: { height: 24, width: 24 }, crop: false });
    expect(await settings({ size: 24, crop: 20 })).toMatchObject({ size: { height: 24, width: 24 }, crop: { height: 20, width: 20 } });
    const encoder = await imageEncoder(await model());
    await encoder.encode([noise(16, 16, 1), noise(15, 16, 1), noise(16, 15, 1)]);
    expect(encoder.stats).toEqual({ images: 3, decoded: 0, resized: 2 });
  });

  it("goes by the options alone where the model's files ask for what is not known", async () => {
    const folder = await model({ "preprocessor_config.json": { ...tinyPreparation, do_pad: true } });
    await expect(imageEncoder(folder, { size: 16 })).rejects.toThrow(
      /do_pad, which is not known here\. Say yourself .*`size`, `mean` and `std`/,
    );
    const encoder = await imageEncoder(folder, { size: 16, mean: [0.5, 0.4, 0.3], std: [0.5, 0.25, 0.2] });
    expect(encoder.fingerprint).toBe((await imageEncoder(await model())).fingerprint);
  });

  it("runs models of half precision", async () => {
    const image = noise(16, 16, 3);
    const half = await imageEncoder(await model({ "onnx/model.onnx": tinyImageOnnx({ dtype: "float16" }) }), { normalize: false });
    expectClose(await half.encode([image]), statesOf(image)[0]!, 2);
    expect(half.fingerprint).not.toBe((await imageEncoder(await model(), { normalize: false })).fingerprint);
  });

  it("reads grey, 16 bits, palettes, transparency, animations and drawings as they look", async () => {
    const encoder = await imageEncoder(await model(), { normalize: false });
    const grey = noise(16, 16, 1);
    const [expected] = [await encoder.encode([grey])];
    const deep = Uint16Array.from(grey.data, (value) => value * 257);
    expectClose(await encoder.encode([await png(grey)]), expected!);
    expectClose(
      await encoder.encode([
        await sharp(deep, { raw: { width: 16, height: 16, channels: 1 } })
          .toColourspace("grey16")
          .png()
          .toBuffer(),
      ]),
      expected!,
    );
    const few = { ...grey, data: grey.data.map((value) => value & 0xc0) };
    expectClose(
      await encoder.encode([await raw(few).png({ palette: true, colours: 4, dither: 0 }).toBuffer()]),
      await encoder.encode([few]),
      1,
    );

    const clear = noise(16, 16, 4);
    const white = {
      ...noise(16, 16, 3),
      data: Uint8Array.from({ length: 768 }, (_, i) => {
        const [p, c] = [Math.floor(i / 3), i % 3];
        const alpha = clear.data[4 * p + 3]! / 255;
        return Math.round(255 * (1 - alpha) + clear.data[4 * p + c]! * alpha);
      }),
    };
    expectClose(await encoder.encode([clear]), await encoder.encode([white]));
    expectClose(await encoder.encode([await png(clear)]), await encoder.encode([clear]));

    const red = '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect width="8" height="16" fill="red"/></svg>';
    const drawn = { ...white, data: Uint8Array.from({ length: 768 }, (_, i) => (Math.floor(i / 3) % 16 < 8 && i % 3 > 0 ? 0 : 255)) };
    expectClose(await encoder.encode([Buffer.from(red)]), await encoder.encode([drawn]));
    const frames = await sharp([await png(drawn), await png(white)], { join: { animated: true } })
      .gif()
      .toBuffer();
    expectClose(await encoder.encode([frames]), await encoder.encode([drawn]));
    const printed = await raw(drawn).toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer();
    expect((await sharp(printed).metadata()).space).toBe("cmyk");
    const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0) / Math.hypot(...a) / Math.hypot(...b);
    expect(cosine(await encoder.encode([printed]), await encoder.encode([drawn]))).toBeGreaterThan(0.98);
  });

  it("makes a vector of any image, however small or long", async () => {
    const encoder = await imageEncoder(await model(), { size: { shortestEdge: 16 }, crop: 16 });
    const strip = await sharp({ create: { width: 12_000, height: 10, channels: 3, background: "#123456" } })
      .png()
      .toBuffer();
    const vectors = await encoder.encode([noise(1, 1, 1), strip, noise(3, 500, 4)]);
    expect([...vectors].every(Number.isFinite)).toBe(true);
    expect(vectors).toHaveLength(18);
  });

  it("has the same key for a file by its path and its bytes, another for other content, size or shape", async () => {
    const encoder = await imageEncoder(await model());
    const bytes = await png(noise(8, 8, 3));
    const path = await file("a.png", bytes);
    const key = async (value: ImageValue) => Buffer.from(await encoder.key(value)).toString("hex");
    expect(await key(path)).toBe(await key(bytes));
    expect(await key(path)).toBe(await key(new Uint8Array(bytes)));
    const others: ImageValue[] = [path, await png(noise(8, 8, 3, 2)), noise(8, 8, 3), noise(16, 4, 3), noise(4, 16, 3), noise(24, 8, 1)];
    expect(new Set(await Promise.all(others.map(key))).size).toBe(others.length);
    expect((await encoder.key(path)).length).toBe(32);
  });

  it("decodes a few at a time, tells how far it is, and stops when the signal says so", async () => {
    const encoder = await imageEncoder(await model(), { batch: 2 });
    const images = await Promise.all(Array.from({ length: 9 }, (_, i) => png(noise(5, 5, 3, i))));
    const told: number[] = [];
    const stop = new AbortController();
    const onProgress = ({ done }: { done: number }) => {
      told.push(done);
      if (done === 4) stop.abort();
    };
    await expect(encoder.encode(images, { signal: stop.signal, onProgress })).rejects.toThrow("stopped after 4 of 9 images");
    expect(told).toEqual([2, 4]);
    expect(encoder.stats.images).toBe(4);
    // Two runs' images and those that were under way.
    expect(encoder.stats.decoded).toBeLessThanOrEqual(8);
    told.length = 0;
    const vectors = await encoder.encode(images, { onProgress: ({ done }) => told.push(done) });
    expect(told).toEqual([2, 4, 6, 8, 9]);
    for (const [i, image] of images.entries()) expectClose(await encoder.encode([image]), vectors.subarray(6 * i, 6 * i + 6), 6);
  });

  it("comes back from a saved folder with the same fingerprint and vectors", async () => {
    const folder = await model({ "onnx/model_quantized.onnx": both, "onnx/model_quantized.onnx_data": Uint8Array.of(1, 2, 3) });
    const encoder = await imageEncoder(folder, {
      dtype: "q8",
      size: { shortestEdge: 20 },
      crop: { height: 16, width: 12 },
      resample: "lanczos",
      mean: 0.1,
      std: [1, 2, 3],
      pooling: "mean",
    });
    const to = await fresh();
    const reference = JSON.parse(JSON.stringify(await encoder.save(to)));
    // Weights of a large model lie beside it.
    expect(Object.keys(reference.files)).toEqual(["onnx/model_quantized.onnx", "onnx/model_quantized.onnx_data"]);
    const loaded = await loadEncoder<ImageValue>(reference, to, { threads: 1 });
    expect(loaded.fingerprint).toBe(encoder.fingerprint);
    expect((loaded as typeof encoder).settings).toEqual(encoder.settings);
    const image = noise(30, 20, 3);
    expect(await loaded.encode([image])).toEqual(await encoder.encode([image]));
    const otherwise = { ...reference, config: { ...reference.config, resample: "bicubic" } };
    await expect(loadEncoder(otherwise, to)).rejects.toThrow(/has other settings than when it was saved/);
    await appendFile(join(to, "onnx/model_quantized.onnx"), " ");
    await expect(loadEncoder(reference, to)).rejects.toThrow(/model_quantized\.onnx is not the file/);
    await expect(loadEncoder({ ...reference, files: { "../x": "00" } }, to)).rejects.toMatchObject({ code: "INCOMPATIBLE" });
    await rm(join(to, "onnx/model_quantized.onnx"));
    await expect(loadEncoder(reference, to)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("has another fingerprint for other bytes or settings, the same for another folder, threads or batch", async () => {
    const folder = await model({ "onnx/model.onnx": both });
    const first = await imageEncoder(folder);
    expect((await imageEncoder(await model({ "onnx/model.onnx": both }), { threads: 1, batch: 3 })).fingerprint).toBe(first.fingerprint);
    const bare = await imageEncoder(await file("x.onnx", both), { size: 16, mean: [0.5, 0.4, 0.3], std: [0.5, 0.25, 0.2] });
    expect(bare.fingerprint).toBe(first.fingerprint);
    const options = [
      { size: 20 },
      { size: { height: 20, width: 16 } },
      { size: { shortestEdge: 20 }, crop: 16 },
      { size: { shortestEdge: 20 }, crop: { height: 16, width: 20 } },
      { size: false, crop: 16 },
      { resample: "bicubic" },
      { rescale: 1 / 127.5 },
      { rescale: false },
      { mean: 0.5 },
      { std: 0.5 },
      { pooling: "cls" },
      { pooling: "mean" },
      { output: "last_hidden_state", pooling: "mean", normalize: false },
      { normalize: false },
    ] as const;
    const others = [];
    for (const each of options) others.push((await imageEncoder(folder, each)).fingerprint);
    others.push((await imageEncoder(await model())).fingerprint);
    expect(new Set([first.fingerprint, ...others]).size).toBe(options.length + 2);
  });

  it("works beside a text encoder, in a switch and in several joined", async () => {
    const images = await imageEncoder(await model());
    const texts = await textEncoder(await writeTinyModel(await fresh()), { pooling: ["cls", "mean"] });
    const widths = multiEncoder({ small: images, mean: await imageEncoder(await model(), { pooling: "mean" }) });
    const image = noise(20, 10, 3);
    expect((await widths.encode([image])).length).toBe(12);
    const narrow = await textEncoder(await writeTinyModel(await fresh()));
    const wide = multiEncoder<string>({ a: narrow, b: texts });
    const either = switchEncoder({ text: wide, image: widths }, (value) => (typeof value === "string" ? "text" : "image"));
    const vectors = await either.encode(["my card", image]);
    expectClose(vectors.subarray(0, 12), await wide.encode(["my card"]));
    expectClose(vectors.subarray(12), await widths.encode([image]));
    const folder = await fresh();
    const loaded = await loadEncoder<string | Pixels>(await either.save(folder), folder, {
      select: ((value: unknown) => (typeof value === "string" ? "text" : "image")) as never,
    });
    expect(await loaded.encode(["my card", image])).toEqual(vectors);
  });
});

describe("imageEncoder's errors", () => {
  it("name what a value should have been", async () => {
    const encoder = await imageEncoder(await model());
    const good = noise(2, 2, 1);
    const cases: [unknown, RegExp][] = [
      ["", /`values\[1\]` must be an image: .*received ""\. Leave such rows out/],
      ["https://example.org/a.png", /Addresses are not opened: fetch it, and give its bytes/],
      [new Uint8Array(0), /0 bytes/],
      [new Float32Array(4), /received a Float32Array\. .*`readIdx` gives pixels with `as: "pixels"`/],
      [new ArrayBuffer(4), /Wrap it: `new Uint8Array\(buffer\)`/],
      [{ bytes: Uint8Array.of(1), path: null }, /Give its `bytes`/],
      [null, /received null/],
      [7, /received 7/],
      [{ ...good, width: 0 }, /`values\[1\]\.width` must be a whole number of pixels, 1 or more; received 0/],
      [{ ...good, height: 1.5 }, /`values\[1\]\.height`/],
      [{ ...good, channels: 2 }, /`values\[1\]\.channels` must be 1 \(grey\), 3 \(RGB\) or 4/],
      [{ ...good, width: 3 }, /`values\[1\]\.data` must be 3 × 2 × 1 = 6 numbers; received 4/],
      [{ ...good, data: [1, 2, 3, 4] }, /`values\[1\]\.data` must be a Uint8Array/],
    ];
    for (const [value, message] of cases) {
      await expect(encoder.encode([good, value as Pixels])).rejects.toThrow(message);
      await expect(encoder.encode([good, value as Pixels])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      await expect(Promise.resolve(encoder.key(value as Pixels))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    await expect(encoder.encode(good as never)).rejects.toThrow(/must be an array of images/);
  });

  it("name the file that is damaged, missing or no image, and which one it is", async () => {
    const encoder = await imageEncoder(await model());
    const good = await file("good.png", await png(noise(40, 40, 3)));
    const jpeg = await raw(noise(40, 40, 3))
      .jpeg()
      .toBuffer();
    const cases: [string, RegExp][] = [
      [await file("text.png", "this is a text"), /text\.png: `values\[1\]` can't be decoded: .*unsupported image format\. Get it again/],
      [await file("empty.png", ""), /empty\.png: `values\[1\]` has 0 bytes/],
      [await file("cut.jpg", jpeg.subarray(0, jpeg.length / 2)), /cut\.jpg: `values\[1\]` can't be decoded: /],
      [await file("cut.png", (await png(noise(40, 40, 3))).subarray(0, 900)), /cut\.png: `values\[1\]` can't be decoded/],
      [join(good, "..", "god.png"), /god\.png: `values\[1\]`: there is no such file\. Did you mean ".*good\.png"\?/],
      [join(root, "none", "a.png"), /a\.png: `values\[1\]`: there is no such file\./],
      [root, /`values\[1\]` is a folder: expected an image/],
    ];
    for (const [path, message] of cases) {
      await expect(encoder.encode([good, path, good])).rejects.toThrow(message);
      await expect(encoder.encode([good, path])).rejects.toMatchObject({ code: "INVALID_DATA", place: { file: path } });
    }
    await expect(encoder.encode([good, Buffer.from("no image")])).rejects.toThrow(/^`values\[1\]` can't be decoded/);
    await expect(Promise.resolve(encoder.key(cases[4]![0]))).rejects.toThrow(/god\.png: The image: there is no such file/);
    const fixed = await imageEncoder(await model(), { size: false, crop: false, output: "last_hidden_state" }).catch(
      (error: Error) => error,
    );
    expect(fixed).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(/does not say how large its images are/) });
    const exact = await imageEncoder(await model({ "onnx/model.onnx": tinyImageOnnx({ shape: ["n", 3, 16, 16] }) }), { size: false });
    await expect(exact.encode([noise(16, 16, 1), noise(16, 17, 1)])).rejects.toThrow(
      /`values\[1\]` has 16 × 17 pixels: expected 16 × 16, since images are not resized/,
    );
  });

  it("never passes NaN on, and says whose it is", async () => {
    const encoder = await imageEncoder(await model({ "onnx/model.onnx": tinyImageOnnx({ nan: true }) }));
    await expect(encoder.encode([noise(4, 4, 1)])).rejects.toThrow(/gave NaN for the value "values\[0\]"/);
  });

  it("say what a model lacks, and what to give", async () => {
    await expect(imageEncoder("./no/such/folder")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(imageEncoder("./no/such/model.onnx")).rejects.toThrow(/There is no file .*model\.onnx/);
    await expect(imageEncoder(await fresh())).rejects.toThrow(
      /has no onnx\/vision_model\.onnx or onnx\/model\.onnx \(dtype "fp32"\)\. Export it to ONNX \(`optimum-cli export onnx --task image-feature-extraction`/,
    );
    const folder = await model({ "preprocessor_config.json": undefined });
    await expect(imageEncoder(folder, { dtype: "fp16" })).rejects.toThrow(/It has dtype "fp32"/);
    await expect(imageEncoder(folder, { size: 16 })).rejects.toThrow(
      /has no preprocessor_config\.json, which would say how pixels are scaled\. Give `mean` and `std` \(and `size`\)/,
    );
    await expect(imageEncoder(folder, { mean: 0, std: 1 })).rejects.toThrow(/does not say how large its images are\. Give `size`/);
    await expect(imageEncoder(folder, { mean: 0, std: 1, crop: 16 })).rejects.toThrow(
      /`crop` is the middle of the resized image\. Give `size` too/,
    );
    await expect(imageEncoder(folder, { mean: 0, std: 1, size: { shortestEdge: 16 } })).rejects.toThrow(
      /give `crop`, or `size: \{ height, width \}`/,
    );
    await writeFile(join(folder, "config.json"), '{"vision_config":{"image_size":20}}');
    expect((await imageEncoder(folder, { mean: 0, std: 1 })).settings.size).toEqual({ height: 20, width: 20 });
    await writeFile(join(folder, "preprocessor_config.json"), "{");
    await expect(imageEncoder(folder)).rejects.toThrow(/preprocessor_config\.json is not JSON/);
    await writeFile(join(folder, "preprocessor_config.json"), "{}");
    await expect(imageEncoder(folder)).rejects.toThrow(/preprocessor_config\.json does not say how pixels are scaled/);
    const fixed = await model({ "onnx/model.onnx": tinyImageOnnx({ shape: ["n", 3, 32, 32] }) });
    await expect(imageEncoder(fixed)).rejects.toThrow(/reads images of 32 × 32 pixels; `size` and `crop` make them 16 × 16/);
    await expect(imageEncoder(await model(), { size: 3 })).rejects.toThrow(/does not run on images of 3 × 3 pixels/);
  });

  it("say which models are no image encoders", async () => {
    const run = async (onnx: Uint8Array, options: object = {}) => imageEncoder(await model({ "onnx/model.onnx": onnx }), options);
    await expect(run(tinyImageOnnx({ outputs: ["logits"] }))).rejects.toThrow(/gives class scores alone \("logits"\).*`output: "logits"`/);
    expect((await run(tinyImageOnnx({ outputs: ["logits"] }), { output: "logits" })).dim).toBe(6);
    await expect(run(both, { output: "image_embed" })).rejects.toThrow(/has no output "image_embed"\. Did you mean "image_embeds"\?/);
    await expect(run(tinyImageOnnx({ inputs: ["pixel_values", "input_ids"] }))).rejects.toThrow(
      /reads pixel_values, input_ids;.*vision_model\.onnx/,
    );
    await expect(run(tinyImageOnnx({ shape: ["n", 1, "h", "w"] }))).rejects.toThrow(/reads pixel_values, float32 \[n, 1, h, w\]/);
    await expect(run(tinyImageOnnx({ dtype: "int64" }))).rejects.toThrow(/int64/);
    await expect(run(Buffer.from("no model"))).rejects.toMatchObject({ code: "INCOMPATIBLE" });
  });

  it.each<[object, RegExp]>([
    [{ sise: 224 }, /`imageEncoder` has no option `sise`\. Did you mean "size"\?/],
    [{ size: "224" }, /`imageEncoder\.size` must be a number of pixels/],
    [{ size: { shortest_edge: 224 } }, /`imageEncoder\.size`/],
    [{ size: { height: 2 } }, /`imageEncoder\.size`/],
    [{ size: 0 }, /`imageEncoder\.size`/],
    [{ crop: { shortestEdge: 3 } }, /`imageEncoder\.crop`/],
    [{ crop: true }, /`imageEncoder\.crop`/],
    [{ mean: [1, 2] }, /`imageEncoder\.mean` must be a number, or an array of three/],
    [{ mean: Number.NaN }, /`imageEncoder\.mean`/],
    [{ std: 0 }, /`imageEncoder\.std` .*above 0/],
    [{ std: [1, 1, 0] }, /`imageEncoder\.std`/],
    [{ rescale: 0 }, /`imageEncoder\.rescale`/],
    [{ rescale: true }, /`imageEncoder\.rescale`/],
    [{ resample: "bicubik" }, /`imageEncoder\.resample` must be one of .*Did you mean "bicubic"\?/],
    [{ pooling: "max" }, /`imageEncoder\.pooling` must be one of "cls", "mean"/],
    [{ output: "" }, /`imageEncoder\.output`/],
    [{ normalize: 1 }, /`imageEncoder\.normalize`/],
    [{ dtype: "fp8" }, /`imageEncoder\.dtype`/],
    [{ threads: 0 }, /`imageEncoder\.threads`/],
    [{ batch: 1.5 }, /`imageEncoder\.batch`/],
    [{ revision: "" }, /`imageEncoder\.revision`/],
  ])("refuse the option %j", async (options, message) => {
    await expect(imageEncoder(await model(), options)).rejects.toThrow(message);
  });

  it("refuse a precision for a single file, whose settings they find beside it or above", async () => {
    const folder = await model({ "onnx/vision_model_fp16.onnx": both });
    await expect(imageEncoder(join(folder, "onnx/model.onnx"), { dtype: "fp16" })).rejects.toThrow(
      /`imageEncoder\.dtype` chooses between the files of a folder/,
    );
    expect((await imageEncoder(join(folder, "onnx/vision_model_fp16.onnx"))).settings.mean).toEqual([0.5, 0.4, 0.3]);
    expect((await imageEncoder(join(folder, "onnx/model.onnx"))).name).toBe(basename(folder));
    const plain = await fresh();
    await copyFile(join(folder, "onnx/model.onnx"), join(plain, "m.onnx"));
    await copyFile(join(folder, "preprocessor_config.json"), join(plain, "preprocessor_config.json"));
    expect((await imageEncoder(join(plain, "m.onnx"))).name).toBe("m");
  });
});

describe("the laws of frozen encoders hold for imageEncoder", () => {
  for (const law of frozenEncoderLaws<ImageValue>(
    async () => imageEncoder(await model()),
    [noise(8, 8, 3), noise(9, 4, 1), noise(16, 16, 4)],
  )) {
    it(law.title, law.run);
  }
});
