import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readJsonFile } from "../src/read-json.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-json-"));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async (text: string) => {
  const path = join(folder, "a.json");
  await writeFile(path, text);
  return readJsonFile("--relations", path);
};

it("reads JSON, also with the mark that some editors begin a file with", async () => {
  expect(await read('\uFEFF{ "same": [["a/x", "b/y"]] }\n')).toEqual({ same: [["a/x", "b/y"]] });
});

it.each([
  [
    '{\n  "same": [\n    ["a/x", "b/x"]\n    ["a/y", "b/y"]\n  ]\n}',
    'line 4, column 5: a comma is missing. The line reads: ["a/y", "b/y"]',
  ],
  ['{\r\n  "same": [["a/x", "b/x"],]\r\n}', "line 2, column 27: a value is missing: no comma may stand before the end of a list."],
  ['{ "same": [], }', "line 1, column 15: a name in double quotes is missing: no comma may stand before the end."],
  ['{ "same" [] }', "line 1, column 10: a colon is missing."],
  ["{ 'same': [] }", "line 1, column 3: a text must stand in double quotes."],
  ['{ "same: [] }', "line 1, column 3: a double quote is missing."],
  ['{\n  "same": []\n', 'a closing "}" is missing'],
  ['{ "same": [', 'line 1, column 12: a closing "]" is missing'],
  ["{ } // none", "line 1, column 5: JSON has no comments."],
  ["{ } { }", "line 1, column 5: something follows the end."],
  [" \n", "The file is empty: expected JSON."],
])("says where %j is no JSON, and what is wrong there", async (text, message) => {
  const error = (await read(text).catch((reason) => reason)) as Error;
  expect(error).toMatchObject({ code: "INVALID_DATA" });
  expect(error.message).toContain(message);
  expect(error.message).toContain("a.json: ");
});

it("says which option names a file that can't be read", async () => {
  await expect(readJsonFile("--relations", join(folder, "none.json"))).rejects.toThrow(
    /`--relations` points to .*none\.json, which can't be read/,
  );
});
