import { describe, expect, it } from "vitest";
import { importedPackages, readmePromise } from "../src/readme.js";

const text =
  "# a\n\n```sh\nnpm install a b\nnpm i --save-dev c   # to run it\n```\n\n```ts\nconsole.log(1);\n```\n\n```sh\nnpm install later\n```\n\n```ts\nsecond\n```\n";

describe("readmePromise", () => {
  it("takes every install line before the first program, and all programs", () => {
    expect(readmePromise(text, "a")).toEqual({ install: ["a", "b", "c"], examples: ["console.log(1);\n", "second\n"] });
  });
  it("names the README that promises nothing", () => {
    expect(() => readmePromise("```ts\nx\n```\n", "a/README.md")).toThrow('a/README.md has no line "npm install');
    expect(() => readmePromise("npm install a\n", "a/README.md")).toThrow("a/README.md has no block marked ts");
  });
});

describe("importedPackages", () => {
  it("names each once, by what is installed, and no modules of Node or files", () => {
    const program =
      'import { a, type B } from "@q/one";\nimport {\n  c,\n} from "@q/one/entry";\nimport "two";\nimport { join } from "node:path";\nimport d from "./d.js";\n';
    expect(importedPackages([program, 'import * as two from "two";\n'])).toEqual(["@q/one", "two"]);
  });
});
