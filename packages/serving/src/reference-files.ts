import { randomUUID } from "node:crypto";
import { open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type EmbeddingModel, IncompatibleError, NotFoundError, StorageError, shown } from "@quaterion/core";
import { fileSha256, makeFolder, writeFolderAtomic } from "@quaterion/core/node";
import type { ReferenceSet } from "./reference-set.js";
import {
  type PackedReferences,
  packReferences,
  type ReferenceSetPieces,
  referencesVersion,
  type StoredReferences,
  unpackReferences,
} from "./reference-storage.js";
import type { DecisionRule } from "./rules/decision-rule.js";

/** What a folder of references is known to hold: tells whether someone else has saved since. */
export interface SavedRevision {
  readonly saved: number;
  readonly revision: string;
}

/** A lock older than this was left by a process that is gone. */
const staleLockMs = 60_000;

/** `references.json` with the hashes of the two files beside it. */
type ReferencesFile = StoredReferences & { readonly sha256: Readonly<Record<string, string>> };

/**
 * Writes a reference set into `<folder>/references/`, whole or not at all.
 * @param known the revision that the set was loaded from or saved as; undefined: a set that was never saved
 * @throws {StorageError} when someone else saved since, or is saving now, or the disk refuses
 */
export async function writeReferences<Value>(
  folder: string,
  set: ReferenceSet<Value>,
  known: SavedRevision | undefined,
  overwrite: boolean,
): Promise<SavedRevision> {
  const place = join(folder, "references");
  const { json, vectors, starts } = packReferences(set);
  return withLock(folder, async () => {
    const there = await revisionOf(place);
    if (there && !overwrite && there.revision !== known?.revision) {
      throw new StorageError(
        `${place} was saved by someone else (save ${there.saved}${known ? `; this set knows save ${known.saved}` : ""}). Load it and make the changes again, or save with { overwrite: true } to replace it.`,
      );
    }
    const next = { saved: (there?.saved ?? 0) + 1, revision: randomUUID() };
    await writeFolderAtomic(place, async (fresh) => {
      await writeFile(join(fresh, "vectors.f32"), littleEndian(vectors));
      await writeFile(join(fresh, "starts.f32"), littleEndian(starts));
      const sha256 = {
        "vectors.f32": await fileSha256(join(fresh, "vectors.f32")),
        "starts.f32": await fileSha256(join(fresh, "starts.f32")),
      };
      await writeFile(join(fresh, "references.json"), `${JSON.stringify({ ...json, ...next, sha256 }, null, 1)}\n`);
    });
    return next;
  });
}

/** Says what to do where a folder holds references of a set whose model was not saved there. */
export async function demandModel(folder: string): Promise<void> {
  const [manifest, references] = [join(folder, "quaterion.json"), join(folder, "references", "references.json")];
  const there = await Promise.all([manifest, references].map((path) => stat(path).then(Boolean, () => false)));
  if (there[0] || !there[1]) return;
  throw new NotFoundError(
    `${folder} holds references, but no model: ${manifest} is not there. Pass the one that they were made with, ReferenceSet.load(folder, { model }), which may be an encoder.`,
  );
}

/**
 * Reads the reference set in `<folder>/references/`.
 * @throws {NotFoundError} when there is none
 * @throws {IncompatibleError} when it is of another version or model, or its bytes have changed
 */
export async function readReferences<Value>(
  folder: string,
  model: EmbeddingModel<Value>,
  rules: readonly DecisionRule[],
): Promise<ReferenceSetPieces<Value> & { revision: SavedRevision }> {
  const place = join(folder, "references");
  const text = await readFile(join(place, "references.json"), "utf8").catch((cause) => {
    throw new NotFoundError(
      `There are no references in ${folder}: ${join(place, "references.json")} can't be read. Make them with ReferenceSet.from and save them there.`,
      { cause },
    );
  });
  const json = parsed(text, place);
  const read = async (file: string) => {
    const path = join(place, file);
    const bytes = await readFile(path).catch((cause) => {
      throw new NotFoundError(`${path} is missing or can't be read. Save the references again.`, { cause });
    });
    if ((await fileSha256(path)) !== json.sha256?.[file]) {
      throw new IncompatibleError(`${path} is not the file that was saved: its bytes have changed. Save the references again.`);
    }
    return fromLittleEndian(bytes);
  };
  const packed: PackedReferences = { json, vectors: await read("vectors.f32"), starts: await read("starts.f32") };
  return { ...unpackReferences(model, packed, rules, place), revision: { saved: json.saved, revision: json.revision } };
}

function parsed(text: string, place: string): ReferencesFile {
  let json: Partial<ReferencesFile> | null;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new IncompatibleError(`${place}/references.json is not JSON. Save the references again.`, { cause });
  }
  if (json?.format !== "quaterion-references") {
    throw new IncompatibleError(
      `${place}/references.json does not describe references: expected "format": "quaterion-references", received ${shown(json?.format)}.`,
    );
  }
  if (json.version !== referencesVersion) {
    throw new IncompatibleError(
      `${place} holds references of version ${shown(json.version)}; this release reads version ${referencesVersion}.`,
    );
  }
  if (![json.references, json.history, json.deciders, json.same].every(Array.isArray)) {
    throw new IncompatibleError(`${place}/references.json is damaged: a list is missing. Save the references again.`);
  }
  return json as ReferencesFile;
}

async function revisionOf(place: string): Promise<SavedRevision | undefined> {
  const text = await readFile(join(place, "references.json"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new StorageError(`Could not read ${join(place, "references.json")}: ${error.message}.`, { cause: error });
  });
  if (text === undefined) return undefined;
  const { saved, revision } = parsed(text, place);
  return { saved, revision };
}

/** Runs `write` while no other process writes there. */
async function withLock<T>(folder: string, write: () => Promise<T>): Promise<T> {
  const path = join(folder, ".references.lock");
  await makeFolder(folder).catch((cause: Error) => {
    throw new StorageError(`Could not make the folder ${folder}: ${cause.message}.`, { cause });
  });
  const age = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  if (age > staleLockMs) await rm(path, { force: true });
  const lock = await open(path, "wx").catch((cause: NodeJS.ErrnoException) => {
    throw new StorageError(
      cause.code === "EEXIST"
        ? `Someone else is saving references in ${folder} right now (${path} is there). Try again in a moment.`
        : `Could not write in ${folder}: ${cause.message}.`,
      { cause },
    );
  });
  try {
    return await write();
  } finally {
    await lock.close();
    await rm(path, { force: true });
  }
}

const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function littleEndian(numbers: Float32Array): Uint8Array {
  const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return hostIsLittle ? bytes : Buffer.from(bytes).swap32();
}

function fromLittleEndian(bytes: Buffer): Float32Array {
  const copy = Buffer.from(bytes);
  if (!hostIsLittle) copy.swap32();
  return new Float32Array(copy.buffer.slice(copy.byteOffset, copy.byteOffset + (copy.byteLength & ~3)));
}
