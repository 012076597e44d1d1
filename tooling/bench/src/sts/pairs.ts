import { existsSync } from "node:fs";
import { join } from "node:path";
import { readCsv } from "@quaterion/datasets";

/** Two sentences and how alike people found them, 0 to 5. */
export interface StsPair {
  readonly a: string;
  readonly b: string;
  readonly score: number;
}

/** The parts of the benchmark. */
export type StsPart = "train" | "dev" | "test";

/** Reads one part: a file without a header line whose name ends in it, such as `stsb-en-train.csv`, with two sentences and a score. */
export async function readSts(folder: string, part: StsPart): Promise<StsPair[]> {
  const file = ["stsb-en-", "stsb-", "sts-", ""].map((start) => join(folder, `${start}${part}.csv`)).find(existsSync);
  if (file === undefined)
    throw new Error(`--data: there is no stsb-en-${part}.csv in ${folder}. Give the folder of STS-B's train, dev and test files.`);
  const rows = await readCsv(file, { header: false, columns: ["a", "b", "score"] });
  return rows.map(({ a, b, score }) => ({ a, b, score: Number(score) }));
}
