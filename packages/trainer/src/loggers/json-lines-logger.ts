import { appendFile, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "@quaterion/core/node";
import type { FitLogger } from "../events.js";
import { written } from "./written.js";

/**
 * A logger that appends every event of a run to a file, one JSON object a line: `{"kind":"step","step":1,"loss":…}`. A run that goes on keeps the lines up to
 * its checkpoint, so that no step is there twice; one that starts anew begins the file anew. Numbers that are none are `null`, as JSON has it.
 * @throws {StorageError} (the logger) when the file can't be written
 */
export function jsonLinesLogger(path: string): FitLogger {
  return (event) =>
    written(path, async () => {
      if (event.kind === "start") {
        await makeFolder(dirname(path));
        const kept = event.resumedFrom === 0 ? [] : (await linesOf(path)).filter((line) => stepOf(line) <= event.resumedFrom);
        await writeFile(path, kept.map((line) => `${line}\n`).join(""));
      }
      const { history: _, ...rest } = { history: undefined, ...event };
      const told = event.kind === "checkpointFailed" ? { ...rest, error: event.error.message } : rest;
      await appendFile(path, `${JSON.stringify({ ...told, time: new Date().toISOString() })}\n`);
    });
}

async function linesOf(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

/** The step that a line is about; a line that was cut off by a crash is about none that is kept. */
function stepOf(line: string): number {
  try {
    return (JSON.parse(line) as { step?: number }).step ?? 0;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
