import { QuaterionError, StorageError } from "@quaterion/core";

/**
 * What went wrong with the database or its disk, as an error that says what to do.
 * @param remedy what to do where the folder can't be used: a sentence without its point
 */
export function storageFailure(doing: string, location: string, cause: unknown, remedy: string): Error {
  if (QuaterionError.is(cause)) return cause;
  const text = errorText(cause);
  const reason = /ENOSPC|EFBIG|EDQUOT|No space left|File too large|quota|MDB_MAP_FULL|space on the disk/i.test(text)
    ? "the disk is full, or a file may not grow any more. Free some space, clear() a space that is not needed, or open a cache in another folder"
    : /EACCES|EROFS|EPERM|Permission denied|Read-only|not permitted/i.test(text)
      ? `no permission. ${remedy}`
      : /ENOTDIR|EEXIST|Not a directory/i.test(text)
        ? `a part of that path is a file. ${remedy}`
        : /ENOENT|No such file/i.test(text)
          ? `no folder can be made there. ${remedy}`
          : text;
  return new StorageError(`Could not ${doing} the embedding cache in ${location}: ${reason}. What was stored before is intact.`, { cause });
}

/** What a failed write of the database was caused by. It reports that beside the error itself, as a promise that is rejected a little later, if ever. */
export async function writeCause(error: unknown): Promise<unknown> {
  const later = (error as { commitError?: Promise<unknown> } | null)?.commitError;
  if (!later) return error;
  const patience = new Promise((resolve) => setTimeout(resolve, 200));
  return Promise.race([later, patience]).then(
    () => error,
    (cause) => cause,
  );
}

/** Messages of an error and of what caused it. */
function errorText(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const { code, message, cause } = error as { code?: unknown; message?: string; cause?: unknown };
  // Node's messages begin with the code.
  return [message?.includes(String(code)) ? undefined : code, message, cause && errorText(cause)].filter(Boolean).join(": ");
}
