import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { IncompatibleError, InvalidArgumentError, type Json, type RandomState, StorageError, shown } from "@quaterion/core";
import { sha256, writeFolderAtomic } from "@quaterion/core/node";
import type { InitialTensor } from "@quaterion/core/training";
import type { MemorySnapshot } from "./cross-batch-memory.js";
import type { EngineName } from "./engine.js";
import type { HistoryStep } from "./report.js";
import type { ModelWeights, StateSnapshot } from "./training-state.js";
import { readWeightsFile, weightsFile } from "./weights-file.js";

/** Layout of a checkpoint's folder that this code writes; it reads no other. */
const version = 1;
/** Checkpoints kept: the newest, and one more in case a disk damages it. */
const usuallyKept = 2;
/** What {@link writeFolderAtomic} makes beside it. */
const leftoverName = /^\.step-\d{8}\.(new|old)-/;
const folderName = /^step-(\d{8})$/;

/** The best weights so far, where a run has validation data. */
export interface BestWeights {
  readonly step: number;
  /** What decided, and how good they are by it. */
  readonly metric: string;
  readonly value: number;
  readonly weights: ModelWeights;
}

/** A run as it stands after a step: all that is needed to go on as if it had not stopped. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  readonly state: StateSnapshot;
  readonly memory?: MemorySnapshot;
  readonly sampler: Json;
  /** State of the random numbers of the sampler and of the steps (dropout). */
  readonly random: { readonly sampler: RandomState; readonly steps: RandomState };
  readonly engine: { readonly name: EngineName; readonly threads: number | null };
  readonly history: readonly HistoryStep[];
  readonly best?: BestWeights;
  /** What the run was asked for: a run that goes on must ask for the same. */
  readonly run: Readonly<Record<string, Json>>;
}

/**
 * Writes `<folder>/step-…` whole or not at all, then removes all but the newest.
 * @returns the checkpoint's own folder
 * @throws {StorageError} when it can't be written; earlier checkpoints stay
 */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint, kept = usuallyKept): Promise<string> {
  const { state, best, memory, ...facts } = checkpoint;
  const path = join(folder, `step-${String(checkpoint.step).padStart(8, "0")}`);
  const weights = weightsFile(state.tensors);
  const bestWeights = best && weightsFile(named(best.weights));
  const memoryVectors =
    memory && weightsFile(Object.fromEntries(Object.entries(memory.queues).map(([name, { vectors }]) => [`memory.${name}`, vectors])));
  await writeFolderAtomic(path, async (to) => {
    await writeFile(join(to, "weights.safetensors"), weights);
    if (bestWeights) await writeFile(join(to, "best.safetensors"), bestWeights);
    if (memoryVectors) await writeFile(join(to, "memory.safetensors"), memoryVectors);
    const json = {
      format: "quaterion-checkpoint",
      version,
      ...facts,
      updates: state.updates,
      memory: memory && {
        queues: Object.fromEntries(Object.entries(memory.queues).map(([name, { next, rows }]) => [name, { next, rows }])),
        sha256: sha256(memoryVectors!),
      },
      best: best && { step: best.step, metric: best.metric, value: best.value, sha256: sha256(bestWeights!) },
      sha256: sha256(weights),
    };
    await writeFile(join(to, "checkpoint.json"), JSON.stringify(json));
  });
  for (const old of (await checkpointFolders(folder)).slice(0, -kept)) await rm(join(folder, old), { recursive: true, force: true });
  return path;
}

/**
 * The newest checkpoint in `folder`, or undefined where there is none.
 * @throws {IncompatibleError} when it is damaged, or of another version
 */
export async function readCheckpoint(folder: string): Promise<{ path: string; checkpoint: Checkpoint } | undefined> {
  const newest = (await checkpointFolders(folder)).at(-1);
  if (newest === undefined) return undefined;
  const path = join(folder, newest);
  const damaged = (what: string, cause?: unknown) =>
    new IncompatibleError(`The checkpoint ${path} can't be used: ${what} Remove that folder to go on from the one before it.`, { cause });
  let json: Record<string, unknown>;
  let weights: Uint8Array;
  let best: Uint8Array | undefined;
  let memory: Uint8Array | undefined;
  try {
    json = JSON.parse(await readFile(join(path, "checkpoint.json"), "utf8"));
    weights = await readFile(join(path, "weights.safetensors"));
    if (json["memory"]) memory = await readFile(join(path, "memory.safetensors"));
    if (json["best"]) best = await readFile(join(path, "best.safetensors"));
  } catch (cause) {
    throw damaged(`${(cause as Error).message}.`, cause);
  }
  if (json["format"] !== "quaterion-checkpoint" || json["version"] !== version)
    throw damaged(`this release reads version ${version}, it is of version ${shown(json["version"])}.`);
  const { format, version: _, updates, best: bestFacts, memory: memoryFacts, sha256: hash, ...facts } = json as unknown as StoredCheckpoint;
  if (sha256(weights) !== hash) throw damaged("weights.safetensors is not the file that was written.");
  if (best && bestFacts && sha256(best) !== bestFacts.sha256) throw damaged("best.safetensors is not the file that was written.");
  if (memory && memoryFacts && sha256(memory) !== memoryFacts.sha256) throw damaged("memory.safetensors is not the file that was written.");
  return {
    path,
    checkpoint: {
      ...facts,
      memory: memory && memoryFacts && memoryOf(memoryFacts.queues, readWeightsFile(memory)),
      state: { tensors: readWeightsFile(weights), updates },
      best:
        best && bestFacts
          ? { step: bestFacts.step, metric: bestFacts.metric, value: bestFacts.value, weights: unnamed(readWeightsFile(best)) }
          : undefined,
    },
  };
}

function memoryOf(
  queues: Readonly<Record<string, { readonly next: number; readonly rows: readonly number[] }>>,
  vectors: Readonly<Record<string, InitialTensor>>,
): MemorySnapshot {
  const entries = Object.entries(queues).map(([name, queue]) => [name, { ...queue, vectors: vectors[`memory.${name}`]! }] as const);
  return { queues: Object.fromEntries(entries) };
}

/** Head and encoder in one file. */
function named(weights: ModelWeights): Record<string, InitialTensor> {
  const all = Object.entries(weights).flatMap(([part, tensors]) =>
    Object.entries(tensors).map(([name, tensor]) => [`${part}.${name}`, tensor]),
  );
  return Object.fromEntries(all);
}

function unnamed(tensors: Readonly<Record<string, InitialTensor>>): ModelWeights {
  const part = (name: keyof ModelWeights) =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([key, tensor]) => (key.startsWith(`${name}.`) ? [[key.slice(name.length + 1), tensor]] : [])),
    );
  return { head: part("head"), encoder: part("encoder") };
}

interface StoredCheckpoint extends Omit<Checkpoint, "state" | "best" | "memory"> {
  readonly format: string;
  readonly version: number;
  readonly updates: Readonly<Record<string, number>>;
  readonly best?: Omit<BestWeights, "weights"> & { readonly sha256: string };
  readonly memory?: {
    readonly queues: Readonly<Record<string, { readonly next: number; readonly rows: readonly number[] }>>;
    readonly sha256: string;
  };
  readonly sha256: string;
}

/**
 * A run that starts anew wants a folder without checkpoints: it would remove another run's, or be taken for it later.
 * @throws {InvalidArgumentError} when there are some
 */
export async function refuseUsedFolder(folder: string): Promise<void> {
  const newest = (await checkpointFolders(folder)).at(-1);
  if (newest === undefined) return;
  throw new InvalidArgumentError(
    `\`fit.checkpoint.folder\` ${folder} already holds ${newest} of a run. Set \`resume: true\` to go on with that run, or choose another folder (or remove this one) to start anew.`,
  );
}

/** Removes what a process that was killed while it wrote has left half done. */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (leftoverName.test(name)) await rm(join(folder, name), { recursive: true, force: true });
}

/** @throws {IncompatibleError} when a run that goes on asks for something else than the run that wrote the checkpoint */
export function checkSameRun(path: string, stored: Readonly<Record<string, Json>>, asked: Readonly<Record<string, Json>>): void {
  for (const name of new Set([...Object.keys(stored), ...Object.keys(asked)])) {
    const [before, now] = [JSON.stringify(stored[name] ?? null), JSON.stringify(asked[name] ?? null)];
    if (before === now) continue;
    const [place, was, is] = difference(name, stored[name] ?? null, asked[name] ?? null);
    throw new IncompatibleError(
      `\`fit.resume\` can't go on from ${path}: it was written by a run with ${place} ${short(was)}; this run has ${short(is)}. Use the same ${name}, or another checkpoint folder.`,
    );
  }
}

/** Where two values that differ do so, as deep as one of them alone tells it: what a message shows of them is cut. */
function difference(place: string, before: Json, now: Json): readonly [place: string, before: Json, now: Json] {
  if (!isRecord(before) || !isRecord(now)) return [place, before, now];
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const others = names.filter((name) => JSON.stringify(before[name] ?? null) !== JSON.stringify(now[name] ?? null));
  // A loss or head of another name is another one: its options are not what differs.
  if (others.length === 0 || others.includes("name")) return [place, before, now];
  return difference(`${place}.${others[0]!}`, before[others[0]!] ?? null, now[others[0]!] ?? null);
}

function isRecord(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function short(value: Json): string {
  const text = value === null ? "none" : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

async function checkpointFolders(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => folderName.test(name)).sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new StorageError(`Could not read the checkpoint folder ${folder}: ${(cause as Error).message}`, { cause });
  }
}
