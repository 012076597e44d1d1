import { readFile } from "node:fs/promises";
import { IncompatibleError } from "@quaterion/core";

/** A JSON file that holds an object. @throws {IncompatibleError} when it does not */
export async function readJson(file: string): Promise<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(await readFile(file, "utf8"));
    if (typeof json === "object" && json !== null) return json as Record<string, unknown>;
  } catch (cause) {
    throw new IncompatibleError(`${file} is not JSON: ${(cause as Error).message}. Get the model again.`, { cause });
  }
  throw new IncompatibleError(`${file} must hold a JSON object. Get the model again.`);
}
