import { open } from "node:fs/promises";
import { InvalidDataError } from "@quaterion/core";
import type { AsyncBuffer, Compressors, FileMetaData } from "hyparquet";
import { unreadableFile } from "./unreadable-file.js";

/** An open Parquet file: what its footer says, and its bytes. */
export interface ParquetFile {
  readonly metadata: FileMetaData;
  /** Names of its columns. */
  readonly columns: readonly string[];
  readonly file: AsyncBuffer;
  close(): Promise<void>;
}

/** Opens a Parquet file and reads its footer. @throws {InvalidDataError} when it can't be read, is none, or is encrypted */
export async function openParquet(path: string): Promise<ParquetFile> {
  const handle = await open(path).catch(async (error) => {
    throw await unreadableFile(path, error);
  });
  try {
    const { size } = await handle.stat();
    const slice = async (start: number, end = size): Promise<ArrayBuffer> => {
      if (start < 0 || end > size || start > end) throw new Error(`it names bytes ${start} to ${end} of ${size}`);
      const bytes = new Uint8Array(end - start);
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
        if (bytesRead === 0) throw new Error(`the file ends at byte ${start + done}, before byte ${end}`);
        done += bytesRead;
      }
      return bytes.buffer;
    };
    if (size < 12) throw notParquet(path, size === 0 ? "it is empty" : `it has ${size} bytes`);
    const tail = Buffer.from(await slice(size - 4)).toString("latin1");
    if (tail === "PARE") throw new InvalidDataError("The file is encrypted: write it again without encryption.", { file: path });
    if (tail !== "PAR1") {
      const head = Buffer.from(await slice(0, 4)).toString("latin1");
      throw notParquet(path, head === "PAR1" ? "it begins like one but is cut off: get the whole file" : 'it does not end in "PAR1"');
    }
    const file: AsyncBuffer = { byteLength: size, slice };
    // Loaded here: who reads no Parquet need not wait for it.
    const { parquetMetadataAsync, parquetSchema } = await import("hyparquet");
    try {
      // Without a look for columns of places on maps: of a footer with a negative number of children it never ends (hyparquet 1.33).
      const metadata = await parquetMetadataAsync(file, { geoparquet: false });
      const columns = parquetSchema(metadata).children.map(({ element }) => String(element.name));
      return { metadata, columns, file, close: () => handle.close() };
    } catch (cause) {
      throw notParquet(path, `its footer can't be read (${(cause as Error).message})`, cause);
    }
  } catch (error) {
    await handle.close();
    if (typeof (error as NodeJS.ErrnoException).syscall === "string") throw await unreadableFile(path, error);
    throw error;
  }
}

/** What unpacks the columns: hyparquet itself knows snappy, the rest is loaded when a file has it. */
export async function parquetCompressors({ row_groups }: FileMetaData): Promise<Compressors | undefined> {
  const codecs = new Set(row_groups.flatMap(({ columns }) => columns.map(({ meta_data }) => meta_data?.codec)));
  codecs.delete("UNCOMPRESSED");
  codecs.delete("SNAPPY");
  return codecs.size === 0 ? undefined : (await import("hyparquet-compressors")).compressors;
}

/**
 * Names of the classes of each column that Hugging Face's `datasets` wrote as numbers of classes, from the footer.
 * @returns an empty map where it says nothing, or nothing that can be read
 */
export function classNamesOf({ key_value_metadata = [] }: FileMetaData): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, readonly string[]>();
  const text = key_value_metadata.find(({ key }) => key === "huggingface")?.value;
  if (text === undefined) return names;
  try {
    const features = (JSON.parse(text) as { info?: { features?: Record<string, { _type?: string; names?: unknown }> } }).info?.features;
    for (const [column, feature] of Object.entries(features ?? {})) {
      const list = feature?._type === "ClassLabel" ? feature.names : undefined;
      if (Array.isArray(list) && list.every((name) => typeof name === "string")) names.set(column, list);
    }
  } catch {
    // A note for another program: numbers stay numbers.
  }
  return names;
}

function notParquet(file: string, why: string, cause?: unknown): InvalidDataError {
  return new InvalidDataError(`This is no Parquet file: ${why}.`, { file }, { cause });
}
