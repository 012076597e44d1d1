import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { NotFoundError, StorageError } from "../../errors.js";
import { hubHome } from "./hub-cache.js";

/** What a repository of the hub holds. */
export type HubRepositoryType = "model" | "dataset";

/** A repository of the hub at some revision. */
export interface HubPlace {
  /** "org/name", or "name". */
  readonly repository: string;
  readonly type: HubRepositoryType;
  /** Branch, tag or commit. */
  readonly revision: string;
}

/** `HF_ENDPOINT`, else https://huggingface.co; without a slash at its end. */
export function hubEndpoint(): string {
  return (process.env["HF_ENDPOINT"] || "https://huggingface.co").replace(/\/+$/, "");
}

/** Whether `HF_HUB_OFFLINE` forbids to ask the hub. */
export function hubOffline(): boolean {
  return /^(1|true|yes|on)$/i.test(process.env["HF_HUB_OFFLINE"] ?? "");
}

/** `HF_TOKEN`, else what `hf auth login` stored; undefined where there is neither. */
export async function hubToken(): Promise<string | undefined> {
  if (process.env["HF_TOKEN"]) return process.env["HF_TOKEN"];
  const file = process.env["HF_TOKEN_PATH"] || join(hubHome(), "token");
  return (await readFile(file, "utf8").catch(() => "")).trim() || undefined;
}

/** Headers of every request. */
export function hubHeaders(token: string | undefined): Record<string, string> {
  return { "accept-encoding": "identity", "user-agent": "quaterion", ...(token ? { authorization: `Bearer ${token}` } : {}) };
}

/** The error for what is not in the cache while the hub may not be asked. */
export function notCached({ repository, revision }: HubPlace): NotFoundError {
  return new NotFoundError(
    `${repository} (${revision}) is not in the cache, and HF_HUB_OFFLINE forbids to fetch it. Unset HF_HUB_OFFLINE once, or copy the cache of a machine that has it.`,
  );
}

/** Why the hub refused, in words: of a status of 400 or more. */
export function hubRefusal(answer: Response, place: HubPlace, what: string, token: boolean): NotFoundError | StorageError {
  const { repository, type, revision } = place;
  const page = `${hubEndpoint()}/${type === "dataset" ? "datasets/" : ""}${repository}`;
  const code = answer.headers.get("x-error-code");
  const { status } = answer;
  if (code === "RevisionNotFound")
    return new NotFoundError(
      `${repository} has no revision "${revision}". Give a branch, a tag or a commit that is listed at ${page}/commits.`,
    );
  if (code === "GatedRepo")
    return new NotFoundError(
      `${repository} is given out on conditions. Accept them at ${page}, then set HF_TOKEN to a token of that account.`,
    );
  if (status === 401 || status === 403 || status === 404) {
    const fix = token
      ? "the token in use has no access to it: check the name, or take another token"
      : "check the name, or set HF_TOKEN if it is private";
    return new NotFoundError(`There is no ${type} ${repository} at ${hubEndpoint()} that may be read (${status}); ${fix}.`);
  }
  return new StorageError(`${hubEndpoint()} answered ${status} ${answer.statusText} for ${what}. Try again later.`);
}
