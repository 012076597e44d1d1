import { AbortedError, InvalidArgumentError, StorageError } from "../../errors.js";
import type { OnProgress } from "../../progress.js";
import { isFile } from "../is-file.js";
import { download, reason } from "./download.js";
import {
  type HubPlace,
  type HubRepositoryType,
  hubEndpoint,
  hubHeaders,
  hubOffline,
  hubRefusal,
  hubToken,
  notCached,
} from "./hub-access.js";
import { hubCache } from "./hub-cache.js";

/** What a fetch from the hub heeds. */
export interface HubFileOptions {
  /** What the repository holds. Default "model". */
  readonly type?: HubRepositoryType | undefined;
  /** Branch, tag or commit. Default "main". */
  readonly revision?: string | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

const running = new Map<string, Promise<string | undefined>>();

/**
 * A file of a model or data set on the Hugging Face hub, fetched once into the hub's own cache, which Python's huggingface_hub shares.
 * Heeds `HF_ENDPOINT`, `HF_TOKEN` (or the token that `hf auth login` stored), `HF_HOME`, `HF_HUB_CACHE` and `HF_HUB_OFFLINE`. A revision that
 * is a commit, once fetched, asks the hub nothing; without a connection the last known commit of a branch is used.
 * @param repository "org/name", or "name"
 * @returns its place; undefined when the repository has no such file
 * @throws {NotFoundError} when there is no such repository or revision, access is refused, or it is not in the cache and `HF_HUB_OFFLINE` is set
 * @throws {StorageError} when the hub can't be reached, or the file arrives damaged
 * @throws {AbortedError} when the signal says so; what was fetched is kept
 */
export function hubFile(repository: string, path: string, options: HubFileOptions = {}): Promise<string | undefined> {
  if (path.split(/[/\\]/).includes("..")) throw new InvalidArgumentError(`\`path\` must lie within the repository; received "${path}".`);
  const place: HubPlace = { repository, type: options.type ?? "model", revision: options.revision ?? "main" };
  const job = `${place.type} ${repository}@${place.revision}/${path}`;
  const known = running.get(job);
  if (known) return known;
  const started = find(place, path, options).finally(() => running.delete(job));
  running.set(job, started);
  return started;
}

async function find(place: HubPlace, path: string, { onProgress, signal }: HubFileOptions): Promise<string | undefined> {
  const { repository, type, revision } = place;
  const cache = hubCache(repository, type);
  const last = await cache.commitOf(revision);
  const stored = last === undefined ? undefined : await cache.snapshotFile(last, path);
  if (stored !== undefined && last === revision) return stored;
  if (hubOffline()) {
    if (last !== undefined) return stored;
    throw notCached(place);
  }
  const endpoint = hubEndpoint();
  const what = `${repository}/${path}`;
  const within = `${type === "dataset" ? "datasets/" : ""}${repository}`;
  const url = `${endpoint}/${within}/resolve/${encodeURIComponent(revision)}/${path.split("/").map(encodeURIComponent).join("/")}`;
  const token = await hubToken();
  const headers = hubHeaders(token);
  let answer: Response;
  try {
    answer = await head(url, headers, signal);
  } catch (cause) {
    if (signal?.aborted) throw new AbortedError(`Fetching ${what} was stopped.`, { cause });
    if (stored !== undefined) return stored;
    // A model that is in the cache may lack the smaller files; that it lacks its weights says only that they were never fetched.
    const cached = last !== undefined && (await cache.snapshotFile(last, "tokenizer.json")) !== undefined;
    if (cached && !/\.(onnx|safetensors)$/.test(path)) return undefined;
    throw new StorageError(`${endpoint} can't be reached for ${what}: ${reason(cause)}. Check the connection or HF_ENDPOINT.`, { cause });
  }
  if (answer.status >= 400) {
    const code = answer.headers.get("x-error-code");
    if (code === "EntryNotFound" || (answer.status === 404 && code === null)) return undefined;
    throw hubRefusal(answer, place, what, token !== undefined);
  }
  const etag = (answer.headers.get("x-linked-etag") ?? answer.headers.get("etag") ?? "").replace(/^W\//, "").replaceAll('"', "");
  const commit = answer.headers.get("x-repo-commit") ?? "";
  if (etag === "" || !/^[0-9a-f]{40}$/.test(commit)) {
    throw new StorageError(
      `${endpoint} answers for ${what} without an etag and a commit: it is not a Hugging Face hub. Check HF_ENDPOINT.`,
    );
  }
  await cache.rememberCommit(revision, commit);
  const present = await cache.snapshotFile(commit, path);
  if (present !== undefined) return present;
  if (!(await isFile(cache.blob(etag)))) {
    // The length of an answer that only redirects is not the file's.
    const size = answer.headers.get("x-linked-size") ?? (answer.status < 300 ? answer.headers.get("content-length") : null);
    await download({
      url,
      headers,
      target: cache.blob(etag),
      what,
      ...(size === null ? {} : { bytes: Number(size) }),
      // Large files are named by their sha256, small ones by git's sha1, which is of more than the content.
      ...(/^[0-9a-f]{64}$/.test(etag) ? { sha256: etag } : {}),
      onProgress,
      signal,
    });
  }
  return cache.link(etag, commit, path);
}

/** Asks about a file. Redirects within the hub (a renamed repository) are followed; one to a file store is the answer. */
async function head(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Promise<Response> {
  let place = url;
  for (let hops = 0; hops < 5; hops++) {
    const answer = await fetch(place, { method: "HEAD", redirect: "manual", headers, signal });
    const to = answer.headers.get("location");
    if (answer.status < 300 || answer.status >= 400 || to === null || answer.headers.has("x-linked-etag")) return answer;
    const next = new URL(to, place);
    if (next.origin !== new URL(place).origin) return answer;
    place = next.href;
  }
  throw new Error("it redirects in a circle");
}
