import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AbortedError, NotFoundError, type OnProgress, StorageError } from "@quaterion/core";
import { isFile } from "../saved-files.js";
import { download, reason } from "./download.js";
import { hubCache, hubHome } from "./hub-cache.js";

/** What a fetch from the hub heeds. */
export interface HubFileOptions {
  /** Branch, tag or commit. Default "main". */
  readonly revision?: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

const running = new Map<string, Promise<string | undefined>>();

/**
 * A file of a model on the Hugging Face hub, fetched once into the hub's own cache, which Python's huggingface_hub shares.
 * Heeds `HF_ENDPOINT`, `HF_TOKEN` (or the token that `hf auth login` stored), `HF_HOME`, `HF_HUB_CACHE` and `HF_HUB_OFFLINE`. A revision that
 * is a commit, once fetched, asks the hub nothing; without a connection the last known commit of a branch is used.
 * @returns its place; undefined when the model has no such file
 * @throws {NotFoundError} when there is no such model or revision, access is refused, or it is not in the cache and `HF_HUB_OFFLINE` is set
 * @throws {StorageError} when the hub can't be reached, or the file arrives damaged
 */
export function hubFile(model: string, path: string, options: HubFileOptions = {}): Promise<string | undefined> {
  const job = `${model}@${options.revision ?? "main"}/${path}`;
  const known = running.get(job);
  if (known) return known;
  const started = find(model, path, options).finally(() => running.delete(job));
  running.set(job, started);
  return started;
}

async function find(model: string, path: string, { revision = "main", onProgress, signal }: HubFileOptions): Promise<string | undefined> {
  const cache = hubCache(model);
  const last = await cache.commitOf(revision);
  const stored = last === undefined ? undefined : await cache.snapshotFile(last, path);
  if (stored !== undefined && last === revision) return stored;
  if (/^(1|true|yes|on)$/i.test(process.env["HF_HUB_OFFLINE"] ?? "")) {
    if (last !== undefined) return stored;
    throw new NotFoundError(
      `${model} (${revision}) is not in the cache, and HF_HUB_OFFLINE forbids to fetch it. Unset HF_HUB_OFFLINE once, or copy the cache of a machine that has it.`,
    );
  }
  const endpoint = (process.env["HF_ENDPOINT"] || "https://huggingface.co").replace(/\/+$/, "");
  const url = `${endpoint}/${model}/resolve/${encodeURIComponent(revision)}/${path.split("/").map(encodeURIComponent).join("/")}`;
  const token = process.env["HF_TOKEN"] || (await storedToken());
  const headers = { "accept-encoding": "identity", "user-agent": "quaterion", ...(token ? { authorization: `Bearer ${token}` } : {}) };
  let answer: Response;
  try {
    answer = await head(url, headers, signal);
  } catch (cause) {
    if (signal?.aborted) throw new AbortedError(`Fetching ${model}/${path} was stopped.`, { cause });
    if (stored !== undefined) return stored;
    // A model that is in the cache may lack the smaller files; that it lacks its weights says only that they were never fetched.
    const cached = last !== undefined && (await cache.snapshotFile(last, "tokenizer.json")) !== undefined;
    if (cached && !path.endsWith(".onnx")) return undefined;
    throw new StorageError(`${endpoint} can't be reached for ${model}/${path}: ${reason(cause)}. Check the connection or HF_ENDPOINT.`, {
      cause,
    });
  }
  if (answer.status >= 400) return refuse(answer, model, path, revision, endpoint, token !== undefined);
  const etag = (answer.headers.get("x-linked-etag") ?? answer.headers.get("etag") ?? "").replace(/^W\//, "").replaceAll('"', "");
  const commit = answer.headers.get("x-repo-commit") ?? "";
  if (etag === "" || !/^[0-9a-f]{40}$/.test(commit)) {
    throw new StorageError(
      `${endpoint} answers for ${model}/${path} without an etag and a commit: it is not a Hugging Face hub. Check HF_ENDPOINT.`,
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
      what: `${model}/${path}`,
      ...(size === null ? {} : { bytes: Number(size) }),
      // Large files are named by their sha256, small ones by git's sha1, which is of more than the content.
      ...(/^[0-9a-f]{64}$/.test(etag) ? { sha256: etag } : {}),
      onProgress,
      signal,
    });
  }
  return cache.link(etag, commit, path);
}

/** Asks about a file. Redirects within the hub (a renamed model) are followed; one to a file store is the answer. */
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

function refuse(answer: Response, model: string, path: string, revision: string, endpoint: string, token: boolean): undefined {
  const code = answer.headers.get("x-error-code");
  const { status } = answer;
  if (code === "EntryNotFound" || (status === 404 && code === null)) return undefined;
  if (code === "RevisionNotFound") {
    throw new NotFoundError(
      `${model} has no revision "${revision}". Give a branch, a tag or a commit that is listed at ${endpoint}/${model}/commits.`,
    );
  }
  if (code === "GatedRepo") {
    throw new NotFoundError(
      `${model} is given out on conditions. Accept them at ${endpoint}/${model}, then set HF_TOKEN to a token of that account.`,
    );
  }
  if (status === 401 || status === 403 || status === 404) {
    const fix = token
      ? "the token in use has no access to it: check the name, or take another token"
      : "check the name, or set HF_TOKEN if it is private";
    throw new NotFoundError(`There is no model ${model} at ${endpoint} that may be read (${status}); ${fix}.`);
  }
  throw new StorageError(`${endpoint} answered ${status} ${answer.statusText} for ${model}/${path}. Try again later.`);
}

async function storedToken(): Promise<string | undefined> {
  const file = process.env["HF_TOKEN_PATH"] || join(hubHome(), "token");
  return (await readFile(file, "utf8").catch(() => "")).trim() || undefined;
}
