import { appendFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "@quaterion/core/node";
import type { FitLogger } from "../events.js";
import type { HistoryStep } from "../report.js";
import { written } from "./written.js";

/**
 * A logger that writes a table of the steps as CSV: step, loss, learning rate, gradient norm, then the validation loss, the loss's parts and what `evaluate`
 * gives, where there are any. A column that comes late is empty in the steps before it. A run that goes on has all of its steps in the table.
 * @throws {StorageError} (the logger) when the file can't be written
 */
export function csvLogger(path: string): FitLogger {
  let rows: Record<string, number>[] = [];
  let columns: string[] = [];
  const line = (row: Readonly<Record<string, number>>) => `${columns.map((name) => cell(row[name])).join(",")}\n`;
  const writeAll = () => writeFile(path, `${columns.map(cell).join(",")}\n${rows.map(line).join("")}`);
  return (event) =>
    written(path, async () => {
      if (event.kind === "start") {
        await makeFolder(dirname(path));
        rows = event.history.map(rowOf);
        columns = [...new Set(["step", "loss", "learningRate", "gradientNorm", ...rows.flatMap((row) => Object.keys(row))])];
        await writeAll();
      }
      if (event.kind !== "step") return;
      const row = rowOf(event);
      rows.push(row);
      const fresh = Object.keys(row).filter((name) => !columns.includes(name));
      columns.push(...fresh);
      if (fresh.length > 0) await writeAll();
      else await appendFile(path, line(row));
    });
}

function rowOf({ step, loss, learningRate, gradientNorm, validationLoss, parts, metrics }: HistoryStep): Record<string, number> {
  const known = { step, loss, learningRate, gradientNorm, ...(validationLoss !== undefined && { validationLoss }) };
  const named = Object.entries(parts ?? {}).map(([name, value]) => [`parts.${name}`, value] as const);
  return { ...known, ...Object.fromEntries(named), ...metrics };
}

function cell(value: number | string | undefined): string {
  const text = value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
