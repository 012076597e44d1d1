import { describe, expect, it } from "vitest";
import { readmePromise } from "../src/readme.js";

const text =
  "# a\n\n```sh\nnpm install a b\nnpm i --save-dev c   # to run it\n```\n\n```ts\nconsole.log(1);\n```\n\n```sh\nnpm install later\n```\n\n```ts\nsecond\n```\n";

describe("readmePromise", () => {
  it("takes every install line before the first program, and the program", () => {
    expect(readmePromise(text, "a")).toEqual({ install: ["a", "b", "c"], example: "console.log(1);\n" });
  });
  it("names the README that promises nothing", () => {
    expect(() => readmePromise("```ts\nx\n```\n", "a/README.md")).toThrow('a/README.md has no line "npm install');
    expect(() => readmePromise("npm install a\n", "a/README.md")).toThrow("a/README.md has no block marked ts");
  });
});
