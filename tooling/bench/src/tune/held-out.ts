import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { Random, type TrainingData } from "@quaterion/core";
import { labeled, readCsv } from "@quaterion/datasets";
import type { Task } from "../labels/label-sets.js";

/**
 * The task asked about training texts that it has not learned from, instead of its test texts: what settings may be chosen by.
 * @param most texts of each set, at most
 */
export async function heldOutTask(task: Task, folders: readonly string[], most: number): Promise<Task> {
  const test: Record<string, TrainingData<string>> = {};
  for (const folder of folders) {
    const name = basename(resolve(folder));
    const seen = new Set([...task.train[name]!.values, ...task.test[name]!.values]);
    const rows = new Map<string, { text: string; label: string }>();
    for (const file of ["train.csv", "valid.csv"].map((each) => join(folder, each)).filter(existsSync))
      for (const { text, label } of await readCsv(file, { columns: ["text", "label"] }))
        if (!seen.has(text!)) rows.set(text!, { text: text!, label: label! });
    const held = new Random(7).shuffle([...rows.values()]).slice(0, most);
    if (held.length === 0) throw new Error(`${folder} has no training text that is not learned from: take fewer --shots, or --on test.`);
    test[name] = labeled(held, { value: "text", label: "label" });
  }
  return { ...task, name: `${task.name}; asked about training texts that it has not learned from`, test };
}
