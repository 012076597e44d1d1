import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { memoryCache } from "@quaterion/cache";
import { cachedEncoder } from "@quaterion/core";
import { labeled, readIdx } from "@quaterion/datasets";
import { type ImageValue, imageEncoder } from "@quaterion/encoders";
import { supervisedContrastive } from "@quaterion/losses";
import { ReferenceSet, SimilarityModel } from "@quaterion/serving";
import { fit } from "@quaterion/trainer";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { tinyImageOnnx, tinyPreparation, writeTinyImageModel } from "../../../packages/encoders/test/tiny-image-model.js";
import { type TinyHub, tinyHub } from "./tiny-hub.js";

const here = dirname(fileURLToPath(import.meta.url));
const readme = join(here, "..", "..", "..", "packages", "encoders", "README.md");
const before = process.cwd();
let server: TinyHub;
let folder: string;
let page: string;

/** A car, of a color of its own, on a road. */
const photo = (color: string, x: number) =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><rect width="60" height="40" fill="#bbb"/><rect x="${x}" y="10" width="30" height="20" fill="${color}"/></svg>`,
    ),
  )
    .flatten()
    .jpeg()
    .toBuffer();

beforeAll(async () => {
  server = await tinyHub("onnx-community/dinov2-small-ONNX", {
    "onnx/model.onnx": tinyImageOnnx({ outputs: ["image_embeds"] }),
    "preprocessor_config.json": JSON.stringify(tinyPreparation),
  });
  folder = await mkdtemp(join(tmpdir(), "quaterion-images-page-"));
  // Beside this test, so that the page finds the packages by name.
  page = await mkdtemp(join(here, ".page-"));
  vi.stubEnv("HF_ENDPOINT", server.address);
  vi.stubEnv("HF_HUB_OFFLINE", "");
  vi.stubEnv("HF_HOME", join(folder, "hub"));
  vi.stubEnv("HF_HUB_CACHE", join(folder, "hub"));
  vi.stubEnv("QUATERION_HOME", join(folder, "home"));
  for (const [label, color] of Object.entries({ beetle: "#d02010", mini: "#1030d0", duck: "#20a020" })) {
    await mkdir(join(folder, "cars", label), { recursive: true });
    for (let i = 0; i < 5; i++) await writeFile(join(folder, "cars", label, `${i}.jpg`), await photo(color, 5 * i));
  }
  await writeFile(join(folder, "new.jpg"), await photo("#1535c5", 13));
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(before);
  vi.unstubAllEnvs();
  server.close();
  await rm(page, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

it("the page on images runs as it is written, from a folder of photos and the hub to a saved model and an answer", async () => {
  const section = (await readFile(readme, "utf8")).split("\n## Images\n")[1]!;
  await writeFile(join(page, "page.ts"), /^```ts\n([\s\S]*?)^```/m.exec(section)![1]!);
  const printed: unknown[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((value) => void printed.push(value));
  try {
    await import(join(page, "page.ts"));
  } finally {
    log.mockRestore();
  }
  expect(printed).toHaveLength(1);
  expect(printed[0]).toMatchObject({ label: "default/mini" });
  expect(await readdir(join(folder, "cars-model"))).toEqual(expect.arrayContaining(["quaterion.json", "head.onnx", "encoder"]));
}, 180_000);

it("images of an IDX file go from reader to cache, fit, disk and reference set; equal ones are encoded once", async () => {
  const idx = (shape: readonly number[], bytes: Uint8Array) => {
    const head = Buffer.alloc(4 + 4 * shape.length);
    head.set([0, 0, 8, shape.length]);
    for (const [d, size] of shape.entries()) head.writeUInt32BE(size, 4 + 4 * d);
    return Buffer.concat([head, bytes]);
  };
  const count = 24;
  const bar = (i: number, p: number) => (i % 3 === 0 ? p % 8 : i % 3 === 1 ? Math.floor(p / 8) : (p + Math.floor(p / 8)) % 8);
  const pixels = Uint8Array.from({ length: count * 64 }, (_, at) => (bar(at >> 6, at & 63) < 2 + ((at >> 6) % 4) ? 240 : 10));
  await writeFile(join(folder, "x.idx"), idx([count, 8, 8], pixels));
  await writeFile(
    join(folder, "y.idx"),
    idx(
      [count],
      Uint8Array.from({ length: count }, (_, i) => i % 3),
    ),
  );
  const rows = await readIdx(join(folder, "x.idx"), join(folder, "y.idx"), { as: "pixels", labelNames: ["columns", "rows", "steps"] });
  const data = labeled(rows, { value: "image", label: "label" });
  const encoder = cachedEncoder(await imageEncoder(await writeTinyImageModel(join(folder, "tiny")), { pooling: "mean" }), memoryCache());
  const { model, report } = await fit({ data, encoder, loss: supervisedContrastive(), steps: 10, seed: 1, engine: "onnxruntime" });
  // 3 shapes in 4 widths, each twice.
  expect(encoder.counts.misses).toBe(12);
  expect(report.lastLoss!).toBeLessThan(report.firstLoss!);
  await model.save(join(folder, "bars"));
  const loaded = await SimilarityModel.load<ImageValue>(join(folder, "bars"));
  const images = rows.map(({ image }) => image);
  const vectors = await model.encode(images);
  for (const [i, number] of (await loaded.encode(images)).entries()) expect(number).toBeCloseTo(vectors[i]!, 5);
  const references = await ReferenceSet.from(loaded, data);
  await references.save(join(folder, "bars"));
  const again = await ReferenceSet.load<ImageValue>(join(folder, "bars"), { model: loaded });
  expect((await again.classify(images[1]!)).label).toBe((await references.classify(images[1]!)).label);
  expect((await again.explain(images[1]!)).answer.label).toBe("default/rows");
}, 120_000);
