import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { NotFoundError } from "@quaterion/core";
import { checkModelFolder } from "@quaterion/trainer";
import type { RunOptions } from "./options.js";

/** Refuses, before minutes of training, files that the end of the run could not be written to. */
export async function checkFiles({ out, json }: Pick<RunOptions, "out" | "json">): Promise<void> {
  await checkModelFolder(resolve(out));
  if (json === undefined) return;
  const folder = dirname(resolve(json));
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new NotFoundError(`\`--json\` names a file in ${folder}, which is no folder. Make it, or name another file.`);
}
