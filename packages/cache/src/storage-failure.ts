import { QuaterionError, StorageError } from "@quaterion/core";

/** What went wrong with the database or its disk, as an error that says what to do. */
export function storageFailure(doing: string, location: string, cause: unknown): Error {
  if (QuaterionError.is(cause)) return cause;
  const text = errorText(cause);
  const reason = /ENOSPC|EFBIG|EDQUOT|No space left|File too large|quota|MDB_MAP_FULL|space on the disk/i.test(text)
    ? "the disk is full, or a file may not grow any more. Free some space, clear() a space that is not needed, or open a cache in another folder"
    : /EACCES|EROFS|EPERM|Permission denied|Read-only|not permitted/i.test(text)
      ? "no permission. Open a cache in a folder where this user may write: openCache({ folder })"
      : /ENOTDIR|EEXIST|Not a directory/i.test(text)
        ? "a part of that path is a file. Open a cache in another folder: openCache({ folder })"
        : text;
  return new StorageError(`Could not ${doing} the embedding cache in ${location}: ${reason}. What was stored before is intact.`, { cause });
}

/** Messages of an error and of what caused it: the database reports a failed commit as the cause of another error. */
function errorText(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const { code, message, cause, commitError } = error as { code?: unknown; message?: string; cause?: unknown; commitError?: unknown };
  return [code, message, cause && errorText(cause), commitError && errorText(commitError)].filter(Boolean).join(": ");
}
