import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Progress } from "@quaterion/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labeled } from "../labeled.js";
import { JsonCursor } from "./json-cursor.js";
import { JsonRecords } from "./json-records.js";
import { readJson, streamJson } from "./read-json.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-json-"));
});
afterAll(() => rm(folder, { recursive: true }));

const file = async (content: string | Uint8Array, name = "train.json") => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

describe("readJson", () => {
  it("gives back any records that were written, at the top or within an object, however they are laid out", async () => {
    const record = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue());
    const layout = fc.constantFrom(undefined, 2, "\t");
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 5 }), layout, fc.boolean(), async (records, space, inside) => {
        const plain = JSON.parse(JSON.stringify(records));
        const whole = inside
          ? { version: 1.5, "a [key": null, notes: ["[", { "}": 1 }].slice(0, 1), data: plain, last: { data: [] } }
          : plain;
        expect(await readJson(await file(JSON.stringify(whole, null, space)))).toEqual(plain);
      }),
      { numRuns: 60 },
    );
  });

  it("gives the same records wherever the pieces of the file begin and end", async () => {
    const records = [
      { text: 'a "quoted" \\ text, [with] {all} of it', n: -1.5e3, deep: { list: [1, [true, null]] } },
      { text: "🙂\n", label: "x" },
    ];
    const text = JSON.stringify({ skipped: "]", n: 12, data: records }, null, 1);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 30 }), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        async function* pieces() {
          for (const [i, end] of places.slice(1).entries()) yield text.slice(places[i], end);
        }
        const cursor = new JsonCursor(pieces());
        await cursor.peek();
        cursor.take();
        const read: object[] = [];
        for await (const each of new JsonRecords(cursor, "x.json", undefined).within(undefined)) read.push(each);
        expect(read).toEqual(records);
      }),
    );
  });

  it("finds the array that `records` names, at any depth", async () => {
    const path = await file('{"train": {"rows": [{"n": 1}], "n": [{"n": 9}]}, "test": {"rows": [{"n": 2}, {"n": 3}]}, "flat": [{"n": 4}]}');
    expect(await readJson(path, { records: ["test", "rows"] })).toEqual([{ n: 2 }, { n: 3 }]);
    expect(await readJson(path, { records: "flat" })).toEqual([{ n: 4 }]);
    await expect(readJson(path, { records: ["trian", "rows"] })).rejects.toThrow('There is no key "trian". Did you mean "train"?');
    await expect(readJson(path, { records: ["train", "row"] })).rejects.toThrow('There is no key "row". Did you mean "rows"?');
    await expect(readJson(path, { records: "train" })).rejects.toThrow('"train" is no array: expected one that holds the records.');
    await expect(readJson(path, { records: ["flat", "rows"] })).rejects.toThrow('"flat" is no object');
  });

  it("names the items of records that are arrays", async () => {
    const path = await file('{"train": [["hi", "greet"], ["bye", "leave"]]}');
    const rows = await readJson<{ text: string; intent: string }>(path, { columns: ["text", "intent"] });
    expect(labeled(rows, { value: "text", label: "intent" }).labelsOf(1)).toEqual(["default/leave"]);
    await expect(readJson(path)).rejects.toThrow(/no array of records.*its keys are train/);
    await expect(readJson(await file('[["hi", "greet"], ["bye"]]'), { columns: ["text", "intent"] })).rejects.toThrow(
      /train\.json, row 2, column "intent": The record has 1 items; expected 2 \(text, intent\)/,
    );
    await expect(readJson(await file('[["hi"]]'))).rejects.toThrow(/received an array of 1. Name the items of arrays with `columns`/);
  });

  it("keeps the file and the place for what reads the rows", async () => {
    const rows = await readJson<{ text: string; label: string }>(await file('[{"text": "a", "label": "x"}, {"text": " ", "label": "x"}]'));
    expect(() => labeled(rows, { value: "text", label: "label" })).toThrow(/train\.json, row 2, column "text": The text is empty/);
  });

  it("unpacks gzip, reads other encodings, and tells how far it is", async () => {
    const records = [{ text: "café", label: "x" }];
    const told: Progress[] = [];
    const packed = gzipSync(JSON.stringify(records));
    expect(await readJson(await file(packed, "a.json.gz"), { onProgress: (progress) => told.push(progress) })).toEqual(records);
    expect(told.at(-1)).toMatchObject({ done: packed.length, total: packed.length, unit: "bytes" });
    const utf16 = Buffer.from(`\ufeff${JSON.stringify(records)}`, "utf16le");
    expect(await readJson(await file(utf16), { encoding: "utf-16le" })).toEqual(records);
    await expect(readJson(await file('[{"a": 1}]', "b.json.gz"))).rejects.toThrow(/b\.json\.gz: The name says gzip/);
  });

  it("streams: the first record is there before the last is looked at", async () => {
    for await (const row of streamJson(await file('[{"n": 1}, broken'))) {
      expect(row).toEqual({ n: 1 });
      break;
    }
  });

  it.each([
    ["", /train\.json: The file is empty/],
    ["[]", /train\.json: The array of records is empty/],
    ["12", /Expected a JSON array of objects, or an object that holds one; the file begins with "1"/],
    ['[{"a": 1}, 3]', /train\.json, row 2: Expected a JSON object, \{"text": …\}; received 3/],
    ['[{"a": 1}\n, {"a": }]', /train\.json, row 2: What begins on line 2 is not JSON/],
    ['[{"a": 1} {"a": 2}]', /train\.json, row 2: The JSON is broken on line 1: expected "," or "\]"; received "\{"/],
    ['[{"a": 1},]', /train\.json, row 2: The JSON is broken on line 1: expected another element after the comma/],
    ['[{"a": 1}', /train\.json, row 2: The JSON is broken on line 1: expected "," or "\]"; the file ends here/],
    ['[{"a": 1', /train\.json, row 1: What begins on line 1 is not JSON/],
    ['[{"a": 1}]\n{"a": 2}', /Something follows the end of the JSON on line 2.*readJsonLines/],
    ['{"a": 1}\n{"a": 2}', /The object holds no array of records.*its keys are a/],
    ['{"x": [{"a": 1}], "y": [{"a": 1}]}', /several arrays of records, "x" and "y": name one with `records`/],
    ['{a: [{"a": 1}]}', /What begins on line 1 is not JSON/],
    ['{"a" [{"a": 1}]}', /expected a key and a colon; received "\["/],
    ['{"a": [{"a": 1}]', /train\.json: The JSON is broken on line 1: expected "," or "\}"; the file ends here/],
    ["{", /expected "\}"; the file ends here/],
  ])("says what is wrong with %j", async (content, message) => {
    await expect(readJson(await file(content))).rejects.toThrow(message);
  });

  it("gives a clear error or the right records for any file", async () => {
    const scraps = fc.array(fc.constantFrom("[", "]", "{", "}", ",", ":", '"a"', '"', "\\", "1", "null", "x", " ", "\n", '{"a":1}'), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(scraps, async (parts) => {
        const text = parts.join("");
        const rows = await readJson(await file(text)).catch((error) => error);
        if (Array.isArray(rows)) {
          const whole = JSON.parse(text);
          expect(Array.isArray(whole) ? whole : Object.values(whole)).toEqual(Array.isArray(whole) ? rows : expect.arrayContaining([rows]));
        } else expect(rows).toMatchObject({ code: "INVALID_DATA", message: expect.stringContaining("train.json") });
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [{ records: 3 }, /`readJson.records` must be a key/],
    [{ records: [] }, /`readJson.records` must be a key/],
    [{ columns: "text" }, /`readJson.columns` must be an array of column names/],
    [{ encoding: "klingon" }, /TextDecoder knows/],
    [{ recods: "a" }, /no option `recods`. Did you mean "records"/],
    [{ onProgress: 1 }, /`readJson.onProgress` must be a function/],
  ])("refuses options %j", async (options, message) => {
    await expect(readJson(await file("[{}]"), options as object)).rejects.toThrow(message);
  });
});
