import { type Docstring, sentences } from "./docstring.js";
import { families } from "./families.js";
import { needsOf } from "./needs.js";
import { type UnitKind, unitKind } from "./unit-kind.js";

const parts: readonly (readonly [UnitKind, string])[] = [
  ["distance", "Similarities and distances of anchors and candidates"],
  ["pairedDistance", "Similarities of the rows of a pair"],
  ["reducer", "Reducers"],
  ["miner", "Miners"],
];

/** The README's tables of losses and of parts, from the docstrings of all units. @throws {Error} where a loss is in no family, or a family names none */
export function tables(units: readonly Docstring[]): { losses: string; parts: string } {
  const byName = new Map(units.map((unit) => [unit.name, unit]));
  const listed = new Set(families.flatMap(({ members }) => members));
  const homeless = units.filter((unit) => ["loss", "wrapper", "regularizer"].includes(unitKind(unit)!) && !listed.has(unit.name));
  if (homeless.length > 0)
    throw new Error(`${homeless.map(({ name }) => name).join(", ")}: in no family of tooling/catalogue/src/docs/families.ts.`);
  const losses = families.map(({ title, about, members }) => {
    const rows = members.map((name) => {
      const unit = byName.get(name);
      if (unit === undefined)
        throw new Error(`tooling/catalogue/src/docs/families.ts names "${name}", which packages/losses does not export.`);
      return lossRow(unit);
    });
    return `### ${title}\n\n${about}\n\n| | what it is | use it | needs | source |\n|---|---|---|---|---|\n${rows.join("\n")}\n`;
  });
  const pieces = parts.map(([kind, title]) => {
    const rows = units.filter((unit) => unitKind(unit) === kind).map((unit) => `| \`${unit.name}\` | ${cell(unit.what)} |`);
    return `### ${title}\n\n| | |\n|---|---|\n${rows.join("\n")}\n`;
  });
  return { losses: losses.join("\n"), parts: pieces.join("\n") };
}

function lossRow(unit: Docstring): string {
  const kind = unitKind(unit)!;
  const what = kind === "wrapper" ? unit.what : `${unit.what}<br>${unit.formula}`;
  const [use = ""] = sentences(unit.use);
  return `| \`${unit.name}\` | ${[what, use, needsOf(unit.name, kind), shortSource(unit.source)].map(cell).join(" | ")} |`;
}

/** Without titles, which the docstring has. */
function shortSource(source: string): string {
  return source.replaceAll(/ "[^"]{12,}",/g, "").replace(/\.$/, "");
}

function cell(text: string): string {
  if (text === "") return "–";
  return text.replaceAll("|", "\\|").replace(/\.(?=$)/, "");
}

/** Puts a text between the markers of its name. @throws {Error} where they are missing */
export function between(readme: string, name: string, text: string): string {
  const [from, to] = [`<!-- ${name}: made from the docstrings by npm run docs:losses -->\n`, `<!-- end of ${name} -->`];
  const [start, end] = [readme.indexOf(from), readme.indexOf(to)];
  if (start < 0 || end < start) throw new Error(`README.md has no "${from.trim()}" followed by "${to}".`);
  return `${readme.slice(0, start + from.length)}\n${text}\n${readme.slice(end)}`;
}
