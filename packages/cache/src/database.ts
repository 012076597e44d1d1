import { type FileHandle, open as openFile, realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { IncompatibleError } from "@quaterion/core";
import { makeFolder } from "@quaterion/core/node";
import type { Database, RootDatabase } from "lmdb";
import type { SpaceRecord } from "./space-counts.js";
import { storageFailure } from "./storage-failure.js";

/** Version of the layout in the folder. */
const layout = 1;
const databaseFile = "embeddings.lmdb";

/** The tables of a cache's folder. */
export interface OpenDatabase {
  root: RootDatabase<unknown, string>;
  spaces: Database<SpaceRecord, Buffer>;
  /** Key of {@link recordKey} → entry. */
  entries: Database<Buffer, Buffer>;
  /** Place in the order of adding → the entry's key. */
  order: Database<Buffer, Buffer>;
  /** The entry's key → when the lease ends. */
  leases: Database<Buffer, Buffer>;
}

/** A folder's database in use by this process. */
interface Shared {
  readonly database: Promise<OpenDatabase>;
  users: number;
  closed?: Promise<void>;
}

/** By folder: a process may open a database file only once, LMDB says, so caches of one folder share it. */
const shared = new Map<string, Shared>();

/**
 * Opens the database in a folder, which is made if need be, or joins those in this process that have it open.
 * @param remedy what to do where the folder can't be used: a sentence without its point
 * @returns what to call when done with it: the last to do so closes it, after all is on the disk
 */
export async function acquireDatabase(
  folder: string,
  remedy: string,
): Promise<{ location: string; database: OpenDatabase; release: () => Promise<void> }> {
  const location = await makeFolder(folder)
    .then(() => realpath(folder))
    .catch((cause) => {
      throw storageFailure("open", resolve(folder), cause, remedy);
    });
  let use = shared.get(location);
  while (use?.closed) {
    await use.closed;
    use = shared.get(location);
  }
  if (!use) {
    use = { database: openDatabase(location, remedy), users: 0 };
    shared.set(location, use);
  }
  const mine = use;
  mine.users++;
  const release = async () => {
    if (--mine.users > 0) return;
    mine.closed = mine.database
      .then(async ({ root }) => {
        await root.flushed;
        await root.close();
      })
      .catch((cause) => {
        throw storageFailure("close", location, cause, remedy);
      })
      .finally(() => shared.delete(location));
    await mine.closed;
  };
  try {
    return { location, database: await mine.database, release };
  } catch (cause) {
    shared.delete(location);
    throw cause;
  }
}

async function openDatabase(location: string, remedy: string): Promise<OpenDatabase> {
  let root: RootDatabase<unknown, string> | undefined;
  try {
    await checkIsDatabase(join(location, databaseFile));
    // Loaded only here, so that a program that keeps its cache in memory does not load the native code.
    const { open } = await import("lmdb");
    root = open<unknown, string>({ path: join(location, databaseFile), noSubdir: true, maxDbs: 8, encoding: "json" });
    const found = root.get("layout");
    if (found === undefined) await root.transaction(() => root?.get("layout") ?? root?.put("layout", layout));
    const written = root.get("layout");
    if (written !== layout) {
      throw new IncompatibleError(
        `The embedding cache in ${location} has layout ${JSON.stringify(written)}; this release reads layout ${layout}. Open one in another folder with openCache({ folder }), or delete that folder to start anew: nothing in it was changed.`,
      );
    }
    const binary = { encoding: "binary", keyEncoding: "binary" } as const;
    return {
      root,
      spaces: root.openDB<SpaceRecord, Buffer>({ name: "spaces", encoding: "json", keyEncoding: "binary" }),
      entries: root.openDB<Buffer, Buffer>({ name: "entries", ...binary }),
      order: root.openDB<Buffer, Buffer>({ name: "order", ...binary }),
      leases: root.openDB<Buffer, Buffer>({ name: "leases", ...binary }),
    };
  } catch (cause) {
    await root?.close();
    throw storageFailure("open", location, cause, remedy);
  }
}

/** Refuses a file that is not a database of the kind that lmdb writes: the native code does not survive opening one. An empty or missing file is a new one. */
async function checkIsDatabase(path: string): Promise<void> {
  const head = Buffer.alloc(32);
  let file: FileHandle | undefined;
  try {
    file = await openFile(path, "r");
    if ((await file.read(head, 0, head.length, 0)).bytesRead === 0) return;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return;
    throw cause;
  } finally {
    await file?.close();
  }
  // On the first page, after 24 bytes of its own: the format's mark and version.
  if (head.readUInt32LE(24) === 0xbeefc0de && (head.readUInt32LE(28) & 0xffff) === 2) return;
  throw new IncompatibleError(
    `${path} is not an embedding cache that this release can read. Open one in another folder with openCache({ folder }), or delete the file to start anew: it was not changed.`,
  );
}
