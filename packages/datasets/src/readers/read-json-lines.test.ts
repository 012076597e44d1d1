import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidDataError } from "@quaterion/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labeled } from "../labeled.js";
import { readJsonLines } from "./read-json-lines.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-jsonl-"));
});
afterAll(() => rm(folder, { recursive: true }));

const file = async (content: string) => {
  const path = join(folder, "train.jsonl");
  await writeFile(path, content);
  return path;
};

describe("readJsonLines", () => {
  it("gives back any records that were written, whatever the line ends", async () => {
    const record = fc.record({ text: fc.string({ unit: "binary" }), n: fc.integer() });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 5 }), fc.constantFrom("\n", "\r\n", "\n\n"), async (records, end) => {
        const plain = JSON.parse(JSON.stringify(records));
        expect(await readJsonLines(await file(records.map((each) => JSON.stringify(each)).join(end)))).toEqual(plain);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ["a line that is not JSON", '{"a":1}\n\n{"a":\n', 3, /not JSON/],
    ["a line that is no object", '{"a":1}\n[1]', 2, /Expected a JSON object/],
    ["an empty file", "", undefined, /no rows/],
  ])("names the place of %s", async (_, content, row, message) => {
    const path = await file(content);
    const error = await readJsonLines(path).catch((reason) => reason);
    expect(error).toBeInstanceOf(InvalidDataError);
    expect(error.message).toMatch(message);
    expect(error.place).toEqual({ file: path, ...(row === undefined ? {} : { row }) });
  });

  it("keeps the file and the line for what reads the rows", async () => {
    const path = await file('{"text":"a","label":"x"}\n\n{"text":"b"}\n');
    const rows = await readJsonLines<{ text: string; label: string }>(path);
    expect(() => labeled(rows, { value: "text", label: "label" })).toThrow(`${path}, row 3, column "label"`);
    await expect(readJsonLines(join(folder, "trian.jsonl"))).rejects.toThrow(/Did you mean/);
  });
});
