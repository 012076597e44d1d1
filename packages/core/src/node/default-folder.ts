import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Where Quaterion keeps what can be made again (embeddings, downloaded models): `QUATERION_HOME` if set, else the user's cache folder
 * (`XDG_CACHE_HOME`, `~/Library/Caches`, `%LOCALAPPDATA%` or `~/.cache`) with `quaterion` in it.
 */
export function defaultFolder(...inside: readonly string[]): string {
  const { QUATERION_HOME, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (QUATERION_HOME) return join(QUATERION_HOME, ...inside);
  const base =
    XDG_CACHE_HOME ||
    (process.platform === "darwin"
      ? join(homedir(), "Library", "Caches")
      : (process.platform === "win32" && LOCALAPPDATA) || join(homedir(), ".cache"));
  return join(base, "quaterion", ...inside);
}

/** What to do where nothing can be kept in Quaterion's folder: a sentence for an error's message. */
export function otherDefaultFolder(): string {
  const { QUATERION_HOME } = process.env;
  return QUATERION_HOME
    ? `The environment variable QUATERION_HOME names ${QUATERION_HOME}: set it to a folder that can be written`
    : "Set the environment variable QUATERION_HOME to a folder that can be written";
}
