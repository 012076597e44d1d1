import { writeFileSync } from "node:fs";
import { readmeOf, writtenReadme } from "./readme.js";

export function main(root: string): void {
  writeFileSync(readmeOf(root), writtenReadme(root));
  console.log("packages/losses/README.md: tables of losses and parts written");
}
