import { mkdtemp, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { NotFoundError, StorageError } from "@quaterion/core";
import { checkModelFolder } from "@quaterion/trainer";
import type { RunOptions } from "./options.js";

/** Refuses, before minutes of training, files that the end of the run could not be written to. */
export async function checkFiles({ out, json }: Pick<RunOptions, "out" | "json">): Promise<void> {
  await checkModelFolder(resolve(out));
  await checkWritable(resolve(out));
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

/** Tries the nearest folder that is there: trainings are kept beside the model, so that a run that is stopped goes on. */
async function checkWritable(out: string): Promise<void> {
  let folder = dirname(out);
  while (!(await stat(folder).catch(() => undefined)) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    await rmdir(await mkdtemp(join(folder, ".quaterion-")));
  } catch (cause) {
    throw new StorageError(
      `\`--out\` names ${out}, but nothing can be written to ${folder}: ${(cause as Error).message}. Name a folder that can be written.`,
      { cause },
    );
  }
}
