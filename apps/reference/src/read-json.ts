import { readFile } from "node:fs/promises";
import { InvalidDataError, NotFoundError } from "@quaterion/core";
import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";

/** What is wrong at the first place that is no JSON, for who edits the file by hand. */
const problems: Readonly<Record<string, string>> = {
  CommaExpected: "a comma is missing",
  ColonExpected: "a colon is missing",
  CloseBraceExpected: 'a closing "}" is missing',
  CloseBracketExpected: 'a closing "]" is missing',
  PropertyNameExpected: "a name in double quotes is missing: no comma may stand before the end",
  ValueExpected: "a value is missing: no comma may stand before the end of a list",
  InvalidSymbol: "a text must stand in double quotes",
  UnexpectedEndOfString: "a double quote is missing",
  InvalidCommentToken: "JSON has no comments",
  EndOfFileExpected: "something follows the end",
};

/**
 * Reads a JSON file that people edit.
 * @param option the option that names it, for errors
 * @throws {InvalidDataError} with line and column of the first place that is no JSON, and what is wrong there
 */
export async function readJsonFile(option: string, file: string): Promise<unknown> {
  const bytes = await readFile(file, "utf8").catch((cause) => {
    throw new NotFoundError(`\`${option}\` points to ${file}, which can't be read: ${cause.message}.`, { cause });
  });
  const text = bytes.replace(/^\uFEFF/, ""); // some editors begin a file with this mark
  try {
    return JSON.parse(text);
  } catch (cause) {
    const errors: ParseError[] = [];
    parse(text, errors, { disallowComments: true, allowTrailingComma: false });
    const [first] = errors;
    if (text.trim() === "") throw new InvalidDataError("The file is empty: expected JSON.", { file }, { cause });
    if (first === undefined) throw new InvalidDataError(`This is not JSON: ${(cause as Error).message}.`, { file }, { cause });
    const before = text.slice(0, first.offset).split("\n");
    const line = text.split("\n")[before.length - 1]!.trim();
    const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`;
    const problem = problems[printParseErrorCode(first.error)] ?? "it is not JSON from here on";
    throw new InvalidDataError(
      `This is not JSON at ${place}: ${problem}${line === "" ? "." : `. The line reads: ${line.slice(0, 80)}`}`,
      { file },
      { cause },
    );
  }
}
