import { copyFile, readFile, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { writeFileAtomic } from "../atomic-write.js";
import { isFile } from "../is-file.js";
import { makeFolder } from "../make-folder.js";
import { sha256 } from "../sha256.js";
import type { HubRepositoryType } from "./hub-access.js";

/** Where a repository's files lie in the hub's cache: `blobs/<etag>`, `refs/<revision>` (a commit), `snapshots/<commit>/<path>` (a link to a blob). */
export interface HubCache {
  /** The commit that a revision was when it was last asked for. */
  commitOf(revision: string): Promise<string | undefined>;
  rememberCommit(revision: string, commit: string): Promise<void>;
  /** A file of a commit; undefined when it was not fetched. */
  snapshotFile(commit: string, path: string): Promise<string | undefined>;
  blob(etag: string): string;
  /** Puts a blob into a commit's folder under its path, and returns the place. */
  link(etag: string, commit: string, path: string): Promise<string>;
}

const commitPattern = /^[0-9a-f]{40}$/;

/** The hub's own folder: `HF_HUB_CACHE`, else `hub` in {@link hubHome}. */
export function hubCacheFolder(): string {
  return process.env["HF_HUB_CACHE"] || process.env["HUGGINGFACE_HUB_CACHE"] || join(hubHome(), "hub");
}

/** `HF_HOME`, else `huggingface` in the user's cache folder. */
export function hubHome(): string {
  return process.env["HF_HOME"] || join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "huggingface");
}

/** The name of a repository's folder in the hub's cache. */
export function repositoryFolder(repository: string, type: HubRepositoryType): string {
  return `${type}s--${repository.replaceAll("/", "--")}`;
}

/** The cache of one repository, in the layout that Python's huggingface_hub reads and writes too. */
export function hubCache(repository: string, type: HubRepositoryType, folder = hubCacheFolder()): HubCache {
  const root = join(folder, repositoryFolder(repository, type));
  const snapshot = (commit: string, path: string) => join(root, "snapshots", commit, path);
  // An etag that is no plain name (some mirrors) must not become a path.
  const blob = (etag: string) => join(root, "blobs", /^[\w-]+$/.test(etag) ? etag : sha256(etag));
  return {
    async commitOf(revision) {
      if (commitPattern.test(revision)) return revision;
      const text = await readFile(join(root, "refs", revision), "utf8").catch(() => "");
      return commitPattern.test(text.trim()) ? text.trim() : undefined;
    },
    async rememberCommit(revision, commit) {
      if (revision !== commit) await writeFileAtomic(join(root, "refs", revision), commit);
    },
    async snapshotFile(commit, path) {
      const file = snapshot(commit, path);
      return (await isFile(file)) ? file : undefined;
    },
    blob,
    async link(etag, commit, path) {
      const file = snapshot(commit, path);
      await makeFolder(dirname(file));
      try {
        await symlink(relative(dirname(file), blob(etag)), file);
      } catch {
        // Another process was faster, or the system allows no links (Windows without developer mode).
        if (!(await isFile(file))) await copyFile(blob(etag), file);
      }
      return file;
    },
  };
}
