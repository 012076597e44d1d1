import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Progress } from "@quaterion/core";
import fc from "fast-check";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labeled } from "../labeled.js";
import { readParquet, streamParquet } from "./read-parquet.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-parquet-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Files that pyarrow wrote: test/parquet/make.py. */
const fixture = (name: string) => fileURLToPath(new URL(`../../test/parquet/${name}`, import.meta.url));

const file = async (columnData: ColumnSource[], options: object = {}) => {
  const path = join(folder, "train.parquet");
  await writeFile(path, Buffer.from(parquetWriteBuffer({ columnData, ...options })));
  return path;
};

const kinds = [
  {
    text: "where is my card",
    label: "card_arrival",
    n: 1,
    score: 0.5,
    tags: ["a", "b"],
    vector: [1, 2.5],
    image: { bytes: [1, 2], path: "a.png" },
  },
  {
    text: "what is “€” worth",
    label: "exchange_rate",
    n: 9007199254740993n,
    score: null,
    tags: [],
    vector: [0, -1],
    image: { bytes: [], path: null },
  },
  { text: null, label: null, n: -3, score: -1e300, tags: null, vector: null, image: null },
];

describe("readParquet", () => {
  it.each(["snappy", "gzip", "zstd", "brotli", "lz4", "none"])("reads what pyarrow wrote with %s", async (codec) => {
    const rows = await readParquet(fixture(`kinds-${codec}.parquet`));
    const bytes = (image: unknown) => {
      const { bytes, ...rest } = image as { bytes: Uint8Array };
      return { ...rest, bytes: [...bytes] };
    };
    expect(rows.map(({ image, ...row }) => ({ ...row, image: image === null ? null : bytes(image) }))).toEqual(kinds);
  });

  it("reads numbers of classes as their names where the file has them", async () => {
    const path = fixture("kinds-snappy.parquet");
    expect((await readParquet(path, { columns: ["label"] })).map(({ label }) => label)).toEqual(["card_arrival", "exchange_rate", null]);
    expect((await readParquet(path, { columns: ["label"], classNames: false })).map(({ label }) => label)).toEqual([0, 1, -1]);
  });

  it("says which class number has no name", async () => {
    const info = { info: { features: { label: { _type: "ClassLabel", names: ["no", "yes"] } } } };
    const path = await file([{ name: "label", data: [0, 2], type: "INT32" }], {
      kvMetadata: [{ key: "huggingface", value: JSON.stringify(info) }],
    });
    await expect(readParquet(path)).rejects.toThrow(/train\.parquet, row 2, column "label": The file names classes 0 to 1; received 2/);
    const broken = await file([{ name: "label", data: [0, 2], type: "INT32" }], { kvMetadata: [{ key: "huggingface", value: "{" }] });
    expect((await readParquet(broken)).map(({ label }) => label)).toEqual([0, 2]);
  });

  it("gives back any rows that were written, whatever the row groups, pages and index", async () => {
    const row = fc.record({
      text: fc.string({ unit: "grapheme" }),
      n: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      x: fc.double({ noNaN: true }),
    });
    const layout = fc.record({
      rowGroupSize: fc.integer({ min: 1, max: 30 }),
      pageSize: fc.constantFrom(1, 50, 1000),
      offsetIndex: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), layout, async (rows, { offsetIndex, ...options }) => {
        const path = await file(
          [
            { name: "text", data: rows.map(({ text }) => text), type: "STRING", offsetIndex },
            { name: "n", data: rows.map(({ n }) => n), type: "INT32", offsetIndex },
            { name: "x", data: rows.map(({ x }) => x), type: "DOUBLE", offsetIndex },
          ],
          options,
        );
        expect(await readParquet(path)).toEqual(rows);
        expect(await readParquet(path, { columns: ["n"] })).toEqual(rows.map(({ n }) => ({ n })));
      }),
      { numRuns: 40 },
    );
  });

  it("reads files of more rows than are held at once", async () => {
    const n = Int32Array.from({ length: 50_000 }, (_, i) => i);
    for (const offsetIndex of [true, false]) {
      const path = await file([{ name: "n", data: [...n], type: "INT32", offsetIndex }], { rowGroupSize: 40_000, pageSize: 4000 });
      const told: Progress[] = [];
      let sum = 0;
      let place = 0;
      for await (const row of streamParquet<{ n: number }>(path, { onProgress: (progress) => told.push(progress) })) {
        expect(row.n === place++).toBe(true);
        sum += row.n;
      }
      expect(sum).toBe((50_000 * 49_999) / 2);
      expect(told.at(-1)).toMatchObject({ done: 50_000, total: 50_000, unit: "rows" });
    }
  });

  it("keeps the file and the row for what reads the rows", async () => {
    const path = await file([
      { name: "text", data: ["a", " "], type: "STRING" },
      { name: "label", data: ["x", "x"], type: "STRING" },
    ]);
    const rows = await readParquet<{ text: string; label: string }>(path);
    expect(() => labeled(rows, { value: "text", label: "label" })).toThrow(/train\.parquet, row 2, column "text": The text is empty/);
  });

  it("says what is wrong with a file", async () => {
    const path = await file([{ name: "text", data: ["a", "b"], type: "STRING" }]);
    await expect(readParquet(path, { columns: ["texts"] })).rejects.toThrow(
      /train\.parquet, column "texts": There is no such column. Did you mean "text"/,
    );
    await expect(readParquet(path.replace("train", "trian"))).rejects.toThrow(/no such file. Did you mean ".*train\.parquet"/);
    const column = { name: "text", data: ["a"], type: "STRING" } as const;
    await expect(readParquet(await file([column, column] as never))).rejects.toThrow(/column "text": Two columns have this name/);
    await expect(readParquet(folder)).rejects.toThrow(/This is a folder: expected a file/);
    const write = async (name: string, content: string) => {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    };
    await expect(readParquet(await write("empty.parquet", ""))).rejects.toThrow(/empty\.parquet: This is no Parquet file: it is empty/);
    await expect(readParquet(await write("a.csv", "text,label\na,b\nc,d\n"))).rejects.toThrow(
      /a\.csv: This is no Parquet file: it does not end in "PAR1"/,
    );
    await expect(readParquet(await write("e.parquet", "PARE12345678PARE"))).rejects.toThrow(/encrypted/);
    const cut = join(folder, "cut.parquet");
    await copyFile(path, cut);
    await truncate(cut, 40);
    await expect(readParquet(cut)).rejects.toThrow(/cut\.parquet: This is no Parquet file: it begins like one but is cut off/);
    await expect(readParquet(await file([{ name: "text", data: [], type: "STRING" }]))).rejects.toThrow(
      /train\.parquet: The file has no rows/,
    );
  });

  it("ends on a footer that gives a column a negative number of children", async () => {
    const bytes = await readFile(fixture("kinds-snappy.parquet"));
    for (const [at, byte] of [
      [470, 0o226],
      [903, 0o13],
      [2461, 0o126],
    ] as const)
      bytes[at] = byte;
    const path = join(folder, "children.parquet");
    await writeFile(path, bytes);
    const rows = await readParquet(path).catch((error) => error);
    if (!Array.isArray(rows)) expect(rows).toMatchObject({ code: "INVALID_DATA", message: expect.stringContaining("children.parquet") });
  });

  it("gives an error that names the file, or rows, for any damaged file", async () => {
    const whole = await readFile(fixture("kinds-snappy.parquet"));
    const path = join(folder, "damaged.parquet");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, byte] of changes) bytes[at] = byte;
        await writeFile(path, bytes);
        const rows = await readParquet(path).catch((error) => error);
        if (!Array.isArray(rows)) expect(rows).toMatchObject({ code: "INVALID_DATA", message: expect.stringContaining("damaged.parquet") });
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    [{ columns: [] }, /`readParquet.columns` must be an array of column names/],
    [{ classNames: "yes" }, /`readParquet.classNames` must be true or false/],
    [{ colums: ["a"] }, /no option `colums`. Did you mean "columns"/],
  ])("refuses options %j", async (options, message) => {
    await expect(readParquet(fixture("kinds-snappy.parquet"), options as object)).rejects.toThrow(message);
  });
});
