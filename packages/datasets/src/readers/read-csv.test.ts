import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError, InvalidDataError } from "@quaterion/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { labeled } from "../labeled.js";
import { readCsv, streamCsv } from "./read-csv.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-csv-"));
});
afterAll(() => rm(folder, { recursive: true }));

const file = async (content: string | Uint8Array, name = "train.csv") => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

describe("readCsv", () => {
  it("reads quotes, line ends in fields, a byte order mark, and lines that end in CRLF, LF or CR", async () => {
    const expected = [
      { text: "a\r\nb, c", label: "x" },
      { text: 'd "q"', label: "y" },
    ];
    for (const end of ["\r\n", "\n", "\r"]) {
      expect(await readCsv(await file(`\uFEFFtext,label${end}"a\r\nb, c",x${end}${end}"d ""q""",y${end}`))).toEqual(expected);
    }
    expect(await readCsv(await file("text\tlabel\na, b\tx\n", "train.tsv"))).toEqual([{ text: "a, b", label: "x" }]);
    expect(await readCsv(await file("text;label\na;x\n"), { delimiter: ";" })).toEqual([{ text: "a", label: "x" }]);
  });

  it("takes semicolons or tabs for what separates fields where the header line has no comma outside quotes", async () => {
    const one = [{ text: "a, b", label: "x" }];
    for (const content of [
      "text;label\na, b;x\n",
      '"text";"label"\r\n"a, b";x\r\n',
      "\uFEFF\n\ntext;label\na, b;x",
      "text\tlabel\na, b\tx\n",
    ])
      expect(await readCsv(await file(content))).toEqual(one);
    expect(await readCsv(await file('"te,xt";label\na;x\n'))).toEqual([{ "te,xt": "a", label: "x" }]);
    expect(await readCsv(await file('"te\nxt;",label\na,x\n'))).toEqual([{ "te\nxt;": "a", label: "x" }]);
    expect(await readCsv(await file("text,a;b\na,x\n"))).toEqual([{ text: "a", "a;b": "x" }]);
    expect(await readCsv(await file("text\na; b\n"))).toEqual([{ text: "a; b" }]);
    expect(await readCsv(await file(`${"long".repeat(30_000)};label\na;x\n`))).toHaveLength(1);
    await expect(readCsv(await file("text;label\na;x\n"), { delimiter: ",", columns: ["text"] })).rejects.toThrow('Known: "text;label"');
  });

  it("says that the first line must name the columns, where none of those that are needed is in it", async () => {
    const columns = ["text", "label"];
    await expect(readCsv(await file("i lost it,lost\na,x\n"), { columns })).rejects.toThrow(
      'row 1, column "text": There is no such column. Known: "i lost it", "lost". The first line must name the columns: if it is data, put a line like "text,label" above it.',
    );
    await expect(readCsv(await file("text,lable\na,x\n"), { columns })).rejects.toThrow(/Did you mean "lable"\?$/);
  });

  it("gives back any table that was written", async () => {
    const field = fc.string({ unit: fc.constantFrom("a", "é", "日", '"', ",", "\n", "\r\n", " ", "\t"), maxLength: 5 });
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 5 }), async (table) => {
        const path = await file(`a,b\n${table.map((row) => row.map(quoted).join(",")).join("\n")}\n`);
        expect((await readCsv(path)).map(({ a, b }) => [a, b])).toEqual(table);
      }),
      { numRuns: 50 },
    );
  });

  it("ends in rows or in an InvalidDataError, whatever the bytes", async () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((noise) => noise.map((byte) => [44, 34, 10, 13, 97, byte][byte % 6]!));
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        const path = await file(content);
        await readCsv(path).catch((error) => expect(error).toBeInstanceOf(InvalidDataError));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    [
      "too few fields, after a field of two lines and an empty line",
      'text,label\n"a\nb",x\n\nonly\n',
      5,
      "label",
      /has 1 field; expected 2/,
    ],
    ["too few fields, in a row of two lines", 'text,label\na,b\n"a\nb"\n', 3, "label", /has 1 field/],
    ["too many fields", "text,label\na,b\na,b,c\n", 3, undefined, /has 3 fields; expected 2 \(text, label\)/],
    ["a quote that does not end", 'text,label\na,b\n"abc,d\ne,f\n', 3, "text", /does not end before the file/],
    ["a quote inside a field", 'text,label\n"a\nb",b\n"q" b,d\n', 4, undefined, /A quote stands inside/],
    ["a quote inside a plain field", 'text,label\na,b\na "q" b,d\n', 3, undefined, /A quote stands inside/],
    ["an empty file", "", undefined, undefined, /is empty/],
    ["a header alone", "text,label\n", undefined, undefined, /no rows/],
    ["two columns of one name", "text,text\na,b\n", 1, "text", /Two columns/],
    ["bytes of another encoding", Uint8Array.of(0x74, 0x0a, 0x61, 0x0a, 0xe9, 0x0a), 1, undefined, /not utf-8/],
  ])("names the place of %s", async (_, content, row, column, message) => {
    const path = await file(content);
    const error = await readCsv(path).then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(InvalidDataError);
    expect(error.message).toMatch(message);
    expect(error.place).toEqual({ file: path, ...(row === undefined ? {} : { row }), ...(column === undefined ? {} : { column }) });
  });

  it("names the nearest file and the nearest column", async () => {
    await file("text,lable\na,b\n", "training.csv");
    await expect(readCsv(join(folder, "trainig.csv"))).rejects.toThrow(/no such file.*Did you mean ".*training\.csv"/);
    await expect(readCsv(join(folder, "none", "a.csv"))).rejects.toThrow(/folder ".*none" does not exist/);
    await expect(readCsv(folder)).rejects.toThrow(/is a folder/);
    await expect(readCsv(join(folder, "training.csv"), { columns: ["text", "label"] })).rejects.toThrow(
      /row 1, column "label".*Did you mean "lable"/,
    );
  });

  it("keeps the file and the line for what reads the rows", async () => {
    const path = await file('text,label\n"a\nb",x\n\n ,y\n');
    const rows = await readCsv(path);
    expect(() => labeled(rows, { value: "text", label: "label" })).toThrow(`${path}, row 5, column "text": The text is empty`);
  });

  it("reads other encodings, and files without a header line", async () => {
    expect(await readCsv(await file(Uint8Array.of(0x74, 0x0a, 0xe9, 0x0a)), { encoding: "windows-1252" })).toEqual([{ t: "é" }]);
    const rows = await readCsv(await file("a,b\nc,d\n"), { header: false, columns: ["x", "y"] });
    expectTypeOf(rows).toEqualTypeOf<Record<"x" | "y", string>[]>();
    expect(rows).toEqual([
      { x: "a", y: "b" },
      { x: "c", y: "d" },
    ]);
    await expect(readCsv("x.csv", { header: false })).rejects.toThrow(/columns/);
    await expect(readCsv("x.csv", { delimeter: ";" } as never)).rejects.toThrow(/Did you mean "delimiter"/);
    await expect(readCsv("x.csv", { delimiter: "\n" })).rejects.toThrow(InvalidArgumentError);
    await expect(readCsv(await file("a\nb\n"), { encoding: "klingon" })).rejects.toThrow(/TextDecoder/);
  });

  it("streams rows and stops reading when its reader does", async () => {
    const path = await file(`text,label\n${"some text,label\n".repeat(200_000)}`);
    let rows = 0;
    for await (const row of streamCsv(path)) {
      expect(row.label).toBe("label");
      if (++rows === 10) break;
    }
    expect(rows).toBe(10);
    expect((await readCsv(path)).length).toBe(200_000);
  });
});
