import { stat } from "node:fs/promises";

/** Whether there is a file of this name, not a folder. */
export function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}
