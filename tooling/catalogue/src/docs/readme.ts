import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Docstring, docstrings } from "./docstring.js";
import { between, tables } from "./tables.js";

/** The docstrings of all that packages/losses exports. */
export function catalogueUnits(root: string): Docstring[] {
  const folder = join(root, "packages", "losses", "src");
  const index = readFileSync(join(folder, "index.ts"), "utf8");
  const files = readdirSync(folder).filter((file) => index.includes(`export * from "./${file.replace(/\.ts$/, ".js")}"`));
  return files.flatMap((file) => docstrings(readFileSync(join(folder, file), "utf8")));
}

export const readmeOf = (root: string) => join(root, "packages", "losses", "README.md");

/** The README with its tables as the docstrings have them now. */
export function writtenReadme(root: string): string {
  const { losses, parts } = tables(catalogueUnits(root));
  return between(between(readFileSync(readmeOf(root), "utf8"), "losses", losses), "parts", parts);
}
