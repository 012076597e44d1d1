import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Progress } from "@quaterion/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labeled } from "../labeled.js";
import { readIdx, streamIdx } from "./read-idx.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-idx-"));
});
afterAll(() => rm(folder, { recursive: true }));

const idx = (shape: readonly number[], bytes: readonly number[]) => {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.set([0, 0, 8, shape.length]);
  for (const [d, size] of shape.entries()) head.writeUInt32BE(size, 4 + 4 * d);
  return Buffer.concat([head, Buffer.from(bytes)]);
};

const file = async (name: string, content: Uint8Array) => {
  const path = join(folder, name);
  await writeFile(path, name.endsWith(".gz") ? gzipSync(content) : content);
  return path;
};

const images = idx([3, 2, 2], [0, 51, 102, 153, 255, 0, 0, 0, 1, 2, 3, 4]);
const labels = idx([3], [1, 0, 1]);

describe("readIdx", () => {
  it("gives brightness from 0 to 1 with the number of the class, or its name", async () => {
    const paths = [await file("images.gz", images), await file("labels", labels)] as const;
    const told: Progress[] = [];
    const rows = await readIdx(...paths, { onProgress: (progress) => told.push(progress) });
    expect(rows[0]!.image).toEqual(new Float32Array([0, 0.2, 0.4, 0.6]));
    expect(rows.map(({ label }) => label)).toEqual(["1", "0", "1"]);
    expect(told.at(-1)).toMatchObject({ done: 3, total: 3, unit: "images" });
    const named = await readIdx(...paths, { as: "bytes", labelNames: ["boot", "bag"] });
    expect(named.map(({ image, label }) => [[...image], label])).toEqual([
      [[0, 51, 102, 153], "bag"],
      [[255, 0, 0, 0], "boot"],
      [[1, 2, 3, 4], "bag"],
    ]);
    expect(labeled(named, { value: "image", label: "label" }).spaces[0]!.labels).toEqual(["bag", "boot"]);
    await expect(readIdx(...paths, { labelNames: ["boot"] })).rejects.toThrow(
      /labels, row 1: `labelNames` names classes 0 to 0; received 1/,
    );
  });

  it("gives pixels that know their width and height, of one channel or more", async () => {
    const second = await file("labels", labels);
    const wide = idx([3, 1, 4], [0, 51, 102, 153, 255, 0, 0, 0, 1, 2, 3, 4]);
    const rows = await readIdx(await file("wide", wide), second, { as: "pixels" });
    expect(rows[1]).toEqual({ image: { data: Uint8Array.of(255, 0, 0, 0), width: 4, height: 1, channels: 1 }, label: "0" });
    const colored = await readIdx(await file("rgba", idx([3, 1, 1, 4], [...wide.subarray(16)])), second, { as: "pixels" });
    expect(colored[2]!.image).toEqual({ data: Uint8Array.of(1, 2, 3, 4), width: 1, height: 1, channels: 4 });
    for (const shape of [
      [3, 4],
      [3, 1, 2, 2],
    ]) {
      const other = await file("other", idx(shape, [...wide.subarray(16)]));
      await expect(readIdx(other, second, { as: "pixels" })).rejects.toThrow(
        /other: The file's items of .* are no pixels: expected height × width/,
      );
    }
  });

  it("gives back any images that were written, packed or not, across the pieces a file is read in", async () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 70 }));
    await fc.assert(
      fc.asyncProperty(sizes, fc.boolean(), fc.nat(255), async ([count, height, width], packed, start) => {
        const pixels = Array.from({ length: count * height * width }, (_, i) => (start + i * 7) % 256);
        const classes = Array.from({ length: count }, (_, i) => i % 7);
        const end = packed ? ".gz" : "";
        const rows = await readIdx(
          await file(`any-images${end}`, idx([count, height, width], pixels)),
          await file(`any-labels${end}`, idx([count], classes)),
          { as: "bytes" },
        );
        expect(Buffer.concat(rows.map(({ image }) => image)).equals(Buffer.from(pixels))).toBe(true);
        expect(rows.map(({ label }) => Number(label))).toEqual(classes);
      }),
      { numRuns: 30 },
    );
  });

  it.each<[string, Uint8Array, Uint8Array, RegExp]>([
    ["swapped files", labels, images, /images\.idx: The file holds single numbers.*swapped/],
    ["images twice", images, images, /labels\.idx: The file holds items of 2 × 2 numbers/],
    ["labels of another set", images, idx([2], [1, 0]), /labels\.idx: There are 2 labels for 3 images/],
    [
      "images that are cut off",
      images.subarray(0, -1),
      labels,
      /images\.idx, row 3: The file ends within this item; it says that it has 3/,
    ],
    ["labels that are cut off", images, labels.subarray(0, -2), /labels\.idx, row 2: The file ends within this item/],
    ["images that go on", Buffer.concat([images, images]), labels, /images\.idx: The file goes on after the 3 items/],
    ["numbers of another type", Buffer.from([0, 0, 0x0d, 1, 0, 0, 0, 0]), labels, /images\.idx: .*type 0x0d; expected 0x08/],
    ["something else", Buffer.from("not at all an IDX file"), labels, /images\.idx: This is no IDX file of bytes: it does not begin/],
    ["a packed file without .gz", gzipSync(images), labels, /images\.idx: .*gzipped, so its name must end in "\.gz"/],
    ["an empty file", Buffer.alloc(0), labels, /images\.idx: .*too short/],
    ["no dimensions", Buffer.from([0, 0, 8, 0]), labels, /no dimensions/],
    ["a broken head", Buffer.from([0, 0, 8, 3, 0]), labels, /too short/],
    ["images of no size", idx([3, 0, 2], []), labels, /its items have no numbers \(3 × 0 × 2\)/],
    ["images of absurd size", idx([3, 2 ** 31, 2 ** 31], []), labels, /its items would have/],
    ["no images", idx([0, 2, 2], []), idx([0], []), /images\.idx: The file has no images/],
  ])("says what is wrong with %s", async (_, first, second, message) => {
    await expect(readIdx(await file("images.idx", first), await file("labels.idx", second))).rejects.toThrow(message);
  });

  it("gives images or an error that names the file for any damaged bytes", async () => {
    const second = await file("labels.idx", labels);
    await fc.assert(
      fc.asyncProperty(fc.nat(images.length - 1), fc.nat(255), fc.nat(images.length), async (at, byte, length) => {
        const bytes = Buffer.from(images);
        bytes[at] = byte;
        const rows = await readIdx(await file("damaged.idx", bytes.subarray(0, length)), second).catch((error) => error);
        if (!Array.isArray(rows))
          expect(rows).toMatchObject({ code: "INVALID_DATA", message: expect.stringMatching(/damaged\.idx|labels\.idx/) });
      }),
      { numRuns: 100 },
    );
  });

  it("names a file that is not there", async () => {
    await file("images.idx", images);
    await file("labels", labels);
    await expect(readIdx(join(folder, "images.idx"), join(folder, "lables"))).rejects.toThrow(/no such file. Did you mean ".*labels/);
  });

  it.each([
    [{ labelNames: [] }, /`readIdx.labelNames` must be an array of texts/],
    [{ as: "words" }, /`readIdx.as` must be one of "floats", "bytes", "pixels"/],
  ])("refuses options %j", async (options, message) => {
    await expect(streamIdx("a", "b", options as object).next()).rejects.toThrow(message);
  });
});
