import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { AbortedError, QuaterionError, StorageError } from "../../errors.js";
import type { OnProgress } from "../../progress.js";
import { makeFolder } from "../make-folder.js";
import { fileSha256 } from "../sha256.js";

/** One file to fetch. */
export interface Download {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Where it goes when it is whole; until then it is `<target>.incomplete`. */
  readonly target: string;
  /** Name for messages. */
  readonly what: string;
  readonly bytes?: number;
  /** Its sha256, where it is known. */
  readonly sha256?: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** Broken connections in a row without a new byte, after which it is given up. */
const patience = 4;

/**
 * Fetches a file whole or not at all: what was fetched before a broken connection (or an earlier process ended) is kept and asked for no
 * more; size and sha256 are checked; then it is moved into place.
 * @throws {StorageError} when the connection keeps breaking, the server refuses, or the bytes are not the expected ones
 * @throws {AbortedError} when the signal says so; what was fetched is kept
 */
export async function download(job: Download): Promise<void> {
  const { target, what, bytes, signal } = job;
  const part = `${target}.incomplete`;
  await makeFolder(dirname(target));
  let failures = 0;
  for (;;) {
    const before = await sizeOf(part);
    if (bytes !== undefined && before > bytes) await rm(part, { force: true });
    if (bytes !== undefined && before === bytes) break;
    try {
      await fetchRest(job, part);
      const after = await sizeOf(part);
      if (bytes === undefined || after === bytes) break;
      throw new Error(`the connection ended after ${after} of ${bytes} bytes`);
    } catch (cause) {
      if (signal?.aborted) throw new AbortedError(`Fetching ${what} was stopped; what was fetched is kept.`, { cause });
      if (QuaterionError.is(cause)) throw cause;
      failures = (await sizeOf(part)) > before ? 0 : failures + 1;
      if (failures >= patience) {
        throw new StorageError(
          `${what} could not be fetched: ${reason(cause)}. What was fetched is kept: try again when the connection is better.`,
          { cause },
        );
      }
      await new Promise((resume) => setTimeout(resume, 70 * 3 ** failures));
    }
  }
  if (job.sha256 !== undefined) {
    const received = await fileSha256(part);
    if (received !== job.sha256) {
      await rm(part, { force: true });
      throw new StorageError(
        `${what} arrived damaged: expected sha256 ${job.sha256}, received ${received}. It was thrown away; try again.`,
      );
    }
  }
  await rename(part, target);
}

/** Fetches what is missing of `part` and appends it. */
async function fetchRest({ url, headers, what, bytes, onProgress, signal }: Download, part: string): Promise<void> {
  const have = await sizeOf(part);
  const response = await fetch(url, { headers: have > 0 ? { ...headers, range: `bytes=${have}-` } : headers, signal });
  if (response.status === 416) {
    await response.body?.cancel();
    await rm(part, { force: true });
    throw new Error("the server has no such range");
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    // A server in trouble may recover; one that refuses will refuse again.
    const message = `the server answered ${response.status} ${response.statusText}`;
    throw response.status >= 500 || response.status === 429
      ? new Error(message)
      : new StorageError(`${what} could not be fetched: ${message}.`);
  }
  const resumed = response.status === 206;
  const file = await open(part, resumed ? "a" : "w");
  let done = resumed ? have : 0;
  let told = 0;
  const tell = () => onProgress?.({ phase: `fetching ${what}`, done, ...(bytes === undefined ? {} : { total: bytes }), unit: "bytes" });
  try {
    for await (const piece of response.body) {
      await file.write(piece);
      done += piece.length;
      if (Date.now() - told < 100) continue;
      told = Date.now();
      tell();
    }
    await file.sync();
  } finally {
    await file.close();
  }
  tell();
}

/** What lies behind an error, as `fetch` hides it. */
export function reason(cause: unknown): string {
  const { message, cause: deeper } = cause as Error;
  return deeper instanceof Error ? deeper.message || message : message;
}

function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (entry) => entry.size,
    () => 0,
  );
}
