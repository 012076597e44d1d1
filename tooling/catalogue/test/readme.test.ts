import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { families } from "../src/docs/families.js";
import { catalogueUnits, readmeOf, writtenReadme } from "../src/docs/readme.js";
import { between, tables } from "../src/docs/tables.js";
import { missingParts, unitKind } from "../src/docs/unit-kind.js";
import { everyLoss } from "../src/every-loss.js";

const root = join(import.meta.dirname, "..", "..", "..");
const units = catalogueUnits(root);
const readme = readFileSync(readmeOf(root), "utf8");

describe("the README of the losses", () => {
  it("has the tables that the docstrings make", () => {
    expect(readme === writtenReadme(root), 'packages/losses/README.md is stale: run "npm run docs:losses".').toBe(true);
  });
  it("has every loss that the package exports", () => {
    expect(
      units
        .filter((unit) => unitKind(unit) === "loss")
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...everyLoss().keys()].sort());
  });
  it("names each member of a family once", () => {
    const members = families.flatMap((family) => family.members);
    expect(members.filter((name, i) => members.indexOf(name) !== i)).toEqual([]);
  });

  const examples = [...readme.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code!);
  it.each(examples.map((code, i) => [i + 1, code] as const))("has an example %i that runs", async (i, code) => {
    const folder = join(import.meta.dirname, "..", "dist", "readme");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `example-${i}.ts`), code);
    await import(/* @vite-ignore */ join(folder, `example-${i}.ts`));
  });
});

describe("the docstring of", () => {
  const wanted = units.filter((unit) => unitKind(unit) !== undefined);
  it.each(wanted.map((unit) => [unit.name, unit] as const))("%s has all its parts", (_, unit) => {
    expect(missingParts(unit)).toEqual([]);
  });
});

describe("tables", () => {
  it("says which loss is in no family, and which member of one is no loss", () => {
    const lost = { ...units.find(({ name }) => name === "circle")!, name: "square" };
    expect(() => tables([...units, lost])).toThrow("square: in no family");
    expect(() => tables(units.filter(({ name }) => name !== "circle"))).toThrow('names "circle"');
  });
  it("says that a marker is missing", () => {
    expect(() => between("# nothing", "losses", "")).toThrow('has no "<!-- losses:');
  });
});
