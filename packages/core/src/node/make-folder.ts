import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder, with those that it lies in, if it is not there. (Node's own `mkdir` with `recursive` never comes back where a file system, such as
 * `/proc`, answers that a folder can't be made as if the one above were missing.)
 * @throws the file system's error where a folder can't be made, or something else is in its place
 */
export async function makeFolder(folder: string): Promise<void> {
  const path = resolve(folder);
  const missing = [path];
  while (!(await stat(missing[0]!).catch(() => undefined)) && dirname(missing[0]!) !== missing[0]) missing.unshift(dirname(missing[0]!));
  for (const each of missing) {
    await mkdir(each).catch(async (cause) => {
      // It may be there, on a disk that is read-only too; somebody else may have made it meanwhile.
      if (!(await stat(each).catch(() => undefined))?.isDirectory()) throw cause;
    });
  }
}
