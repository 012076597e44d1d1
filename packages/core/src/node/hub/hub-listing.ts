import { readFile } from "node:fs/promises";
import { AbortedError, StorageError } from "../../errors.js";
import { writeFileAtomic } from "../atomic-write.js";
import { defaultFolder } from "../default-folder.js";
import { reason } from "./download.js";
import { type HubPlace, hubEndpoint, hubHeaders, hubOffline, hubRefusal, hubToken, notCached } from "./hub-access.js";
import { hubCache, repositoryFolder } from "./hub-cache.js";
import type { HubFileOptions } from "./hub-file.js";

/** Files of a repository at one commit. */
export interface HubListing {
  readonly commit: string;
  /** Paths within the repository. */
  readonly files: readonly string[];
}

/**
 * What files a model or data set on the Hugging Face hub has, and which commit its revision is now. Heeds what {@link hubFile} heeds; the
 * listing of each commit is kept in Quaterion's own folder, for the hub's cache has no place for it.
 * @returns undefined when the repository has no such revision
 * @throws {NotFoundError} when there is no such repository, access is refused, or it is not in the cache and `HF_HUB_OFFLINE` is set
 * @throws {StorageError} when the hub can't be reached, or answers with something else
 * @throws {AbortedError} when the signal says so
 */
export async function hubListing(
  repository: string,
  { type = "model", revision = "main", signal }: Omit<HubFileOptions, "onProgress"> = {},
): Promise<HubListing | undefined> {
  const place: HubPlace = { repository, type, revision };
  const cache = hubCache(repository, type);
  const kept = (commit: string) => defaultFolder("hub", repositoryFolder(repository, type), `${commit}.json`);
  const last = await cache.commitOf(revision);
  const stored = last === undefined ? undefined : await readListing(kept(last), last);
  if (stored !== undefined && last === revision) return stored;
  if (hubOffline()) {
    if (stored !== undefined) return stored;
    throw notCached(place);
  }
  const endpoint = hubEndpoint();
  const token = await hubToken();
  let answer: Response;
  let body: unknown;
  try {
    answer = await fetch(`${endpoint}/api/${type}s/${repository}/revision/${encodeURIComponent(revision)}`, {
      headers: hubHeaders(token),
      signal,
    });
    body = answer.ok ? await answer.json().catch(() => undefined) : await answer.body?.cancel();
  } catch (cause) {
    if (signal?.aborted) throw new AbortedError(`Asking for the files of ${repository} was stopped.`, { cause });
    if (stored !== undefined) return stored;
    throw new StorageError(`${endpoint} can't be reached for ${repository}: ${reason(cause)}. Check the connection or HF_ENDPOINT.`, {
      cause,
    });
  }
  if (!answer.ok) {
    if (answer.headers.get("x-error-code") === "RevisionNotFound") return undefined;
    throw hubRefusal(answer, place, `the files of ${repository}`, token !== undefined);
  }
  const { sha, siblings } = (body ?? {}) as { sha?: unknown; siblings?: { rfilename?: unknown }[] };
  const files = Array.isArray(siblings) ? siblings.map((each) => each?.rfilename) : undefined;
  if (typeof sha !== "string" || !/^[0-9a-f]{40}$/.test(sha) || !files?.every((path) => typeof path === "string"))
    throw new StorageError(
      `${endpoint} answers for the files of ${repository} without a commit and a list: it is not a Hugging Face hub. Check HF_ENDPOINT.`,
    );
  await cache.rememberCommit(revision, sha);
  await writeFileAtomic(kept(sha), JSON.stringify({ files }));
  return { commit: sha, files: files as string[] };
}

async function readListing(file: string, commit: string): Promise<HubListing | undefined> {
  try {
    const { files } = JSON.parse(await readFile(file, "utf8")) as { files?: unknown };
    return Array.isArray(files) && files.every((path) => typeof path === "string") ? { commit, files } : undefined;
  } catch {
    return undefined; // never asked for, or damaged: the hub is asked again
  }
}
