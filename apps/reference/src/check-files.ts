import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { NotFoundError } from "@quaterion/core";
import { checkModelFolder } from "@quaterion/trainer";
import type { RunOptions } from "./options.js";

/** Refuses, before minutes of training, files that the end of the run could not be written to. */
export async function checkFiles({ out, json }: Pick<RunOptions, "out" | "json">): Promise<void> {
  await checkModelFolder(resolve(out));
  await checkFolderOf("--json", json);
}

/** Refuses a file whose folder is not there, before work whose result would have nowhere to go. */
export async function checkFolderOf(option: string, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  const folder = dirname(resolve(file));
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new NotFoundError(`\`${option}\` names a file in ${folder}, which is no folder. Make it, or name another file.`);
}
