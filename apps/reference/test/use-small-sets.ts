import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, vi } from "vitest";
import { smallSets } from "./small-sets.js";

/** Small sets for the tests of a file, and an empty folder of Quaterion's own, which no other test sees. Filled before the first test. */
export interface SmallSets {
  /** Folder of all of it; `bank` and `home` are the sets in it. */
  folder: string;
  bank: string;
  home: string;
  quaterionHome: string;
  /** A path within `folder`. */
  file(name: string): string;
}

export function useSmallSets(): SmallSets {
  const given = { file: (name: string) => join(given.folder, name) } as SmallSets;
  beforeAll(async () => {
    const quaterionHome = await mkdtemp(join(tmpdir(), "quaterion-home-"));
    Object.assign(given, await smallSets(), { quaterionHome });
    vi.stubEnv("QUATERION_HOME", quaterionHome);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await rm(given.folder, { recursive: true });
    await rm(given.quaterionHome, { recursive: true });
  });
  return given;
}
