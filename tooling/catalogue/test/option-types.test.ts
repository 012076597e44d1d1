import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

const packages = fileURLToPath(new URL("../../../packages", import.meta.url));
const sources = readdirSync(packages).flatMap((name) => {
  const folder = join(packages, name, "src");
  const files = readdirSync(folder, { recursive: true }).map(String);
  return files.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts")).map((file) => join(folder, file));
});

/** Options that may be left out, but not given as undefined, in exported interfaces named `…Options`. */
function tooExact(file: string, text: string): string[] {
  const found: string[] = [];
  for (const statement of ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true).statements) {
    if (!ts.isInterfaceDeclaration(statement) || !/Options$/.test(statement.name.text)) continue;
    if (!statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) continue;
    for (const member of statement.members) {
      if (!ts.isPropertySignature(member) || !member.questionToken || !member.type) continue;
      const kinds = ts.isUnionTypeNode(member.type) ? member.type.types : [member.type];
      const allows = kinds.some(({ kind }) => kind === ts.SyntaxKind.UndefinedKeyword || kind === ts.SyntaxKind.UnknownKeyword);
      if (!allows) found.push(`${relative(packages, file)}: ${statement.name.text}.${member.name.getText()}`);
    }
  }
  return found;
}

it("an option that may be left out may be undefined too: whoever has `exactOptionalPropertyTypes` on, as `tsc --init` writes it, passes on what may be there", () => {
  expect(tooExact("a.ts", "export interface AOptions { a?: number; b?: number | undefined; c?: () => undefined; d: number }")).toEqual([
    expect.stringContaining("AOptions.a"),
    expect.stringContaining("AOptions.c"),
  ]);
  expect(sources.length).toBeGreaterThan(300);
  expect(sources.flatMap((file) => tooExact(file, readFileSync(file, "utf8")))).toEqual([]);
});
