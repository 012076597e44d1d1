import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const source = fileURLToPath(new URL("../src", import.meta.url));

/** Files that `file` imports at once, and theirs; not those that are imported when they are needed. */
function reached(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, path] of readFileSync(file, "utf8").matchAll(/^(?:import|export) (?!type ).*? from "(\.[^"]+)";/gms)) {
    reached(resolve(dirname(file), path!.replace(/\.js$/, ".ts")), found);
  }
  return found;
}

it("the reference set's logic needs nothing of Node, nor ONNX Runtime, until it is asked for files", () => {
  const files = [...reached(join(source, "references.ts"))];
  expect(files.length).toBeGreaterThan(15);
  expect(files.length).toBeLessThan(readdirSync(source, { recursive: true }).filter((name) => String(name).endsWith(".ts")).length);
  for (const file of files) expect(readFileSync(file, "utf8")).not.toMatch(/from "(node:|onnxruntime|@quaterion\/(core\/node|encoders))/);
});
