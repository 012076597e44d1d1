import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { QuaterionError, type TrainingData } from "@quaterion/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labeled } from "../labeled.js";
import { streamCsv } from "./read-csv.js";
import { streamJson } from "./read-json.js";
import { streamJsonLines } from "./read-json-lines.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-any-"));
});
afterAll(() => rm(folder, { recursive: true }));

const readers: Record<string, (path: string) => AsyncIterable<object>> = {
  "any.csv": streamCsv,
  "any.tsv": streamCsv,
  "any.csv.gz": streamCsv,
  "any.jsonl": streamJsonLines,
  "any.json": streamJson,
};

const write = async (name: string, bytes: Uint8Array) => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};
const all = async (rows: AsyncIterable<object>) => {
  const found: object[] = [];
  for await (const row of rows) found.push(row);
  return found;
};

/** Bytes that break files, and pieces of whole ones. */
const scrap = fc.oneof(
  fc
    .constantFrom(
      ...[
        '"',
        '""',
        ",",
        "\t",
        "\n",
        "\r",
        "\r\n",
        ";",
        " ",
        "\\",
        "'",
        "text,label\n",
        "text\tlabel\n",
        "a,b\n",
        '{"text": "a", "label": "b"}',
      ],
      ...["[", "]", "{", "}", "null", "1e999", "\u0000", "\ufeff", "\u2028", "é", "🙂"],
    )
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
);
const bytesOfAny = fc.array(scrap, { maxLength: 14 }).map((scraps) => Buffer.concat(scraps));

describe.each(Object.entries(readers))("%s", (name, read) => {
  it("gives rows, or an error that names the file, for any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(bytesOfAny, async (bytes) => {
        const rows = await all(read(await write(name, name.endsWith(".gz") && bytes.length % 3 > 0 ? gzipSync(bytes) : bytes))).catch(
          (error) => error,
        );
        if (Array.isArray(rows)) for (const row of rows) expect(typeof row).toBe("object");
        else {
          expect(QuaterionError.is(rows)).toBe(true);
          expect(rows).toMatchObject({ code: "INVALID_DATA", message: expect.stringContaining(name) });
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("fields of any size and kind", () => {
  const huge = `${"x".repeat(3_000_000)} "quoted", and\nof several lines`;

  it("are read whole", async () => {
    const csv = await write("huge.csv", Buffer.from(`text,label\n"${huge.replaceAll('"', '""')}",a\n`));
    expect(await all(streamCsv(csv))).toEqual([{ text: huge, label: "a" }]);
    const line = Buffer.from(JSON.stringify({ text: huge, label: "a" }));
    expect(await all(streamJsonLines(await write("huge.jsonl", line)))).toEqual([{ text: huge, label: "a" }]);
    expect(await all(streamJson(await write("huge.json", Buffer.from(`[${line}]`))))).toEqual([{ text: huge, label: "a" }]);
  });

  it("are samples, or an error that names row and column", () => {
    const value = fc.oneof(fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withNullPrototype: true }), fc.string());
    fc.assert(
      fc.property(fc.array(fc.record({ text: value, label: value }), { minLength: 1, maxLength: 3 }), (rows) => {
        let data: TrainingData<unknown> | undefined;
        try {
          data = labeled(rows as { text: unknown; label: unknown }[], { value: "text", label: "label" });
        } catch (error) {
          expect(error).toMatchObject({ code: "INVALID_DATA", message: expect.stringMatching(/^row [1-3], column "(text|label)": /) });
        }
        for (const [row, { label, text }] of data ? rows.entries() : []) {
          expect(data!.values[row]).toBe(text);
          expect(data!.labelsOf(row)).toEqual([`default/${String(label)}`]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [{ text: Number.NaN, label: "a" }, /row 1, column "text": Expected a finite number; received NaN/],
    [{ text: [1, Number.NaN], label: "a" }, /row 1, column "text": The vector holds NaN at position 1/],
    [{ text: [1, "2"], label: "a" }, /The vector holds "2" at position 1/],
    [{ text: Float32Array.of(Number.POSITIVE_INFINITY), label: "a" }, /The vector holds Infinity at position 0/],
    [{ text: "a", label: Number.NaN }, /row 1, column "label": A label must be a text or a number; received NaN/],
    [{ text: "a", label: {} }, /A label must be a text or a number; received an object/],
    [{ text: "a", label: ["x"] }, /A label must be a text or a number; received an array/],
  ])("refuses %j", (row, message) => {
    expect(() => labeled([row as { text: unknown; label: unknown }], { value: "text", label: "label" })).toThrow(message);
  });

  it("are not what every object has", () => {
    expect(() => labeled([{ text: "a" }] as never[], { value: "text" as never, label: "constructor" as never })).toThrow(
      /row 1, column "constructor": There is no such column/,
    );
    const row = JSON.parse('{"__proto__": "a", "constructor": "b"}');
    expect(labeled([row], { value: "__proto__", label: "constructor" }).labelsOf(0)).toEqual(["default/b"]);
  });
});
