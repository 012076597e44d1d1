import { InvalidDataError } from "@quaterion/core";
import { fileBytes } from "./file-bytes.js";

/** The items of an IDX file, one after the other. */
export interface IdxItems {
  /** Items, then the sizes of one. */
  readonly shape: readonly number[];
  /** The bytes of the next item, which lie in a larger buffer: copy what is kept. */
  next(): Promise<Uint8Array>;
  /** Checks that the file ends here. */
  end(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens an IDX file of bytes (type 0x08), unpacked where its name ends in `.gz`: two zero bytes, the type, the number of dimensions, their
 * sizes as big-endian numbers of 32 bits, then the items. (LeCun, Cortes & Burges, "The MNIST database of handwritten digits".)
 * @throws {InvalidDataError} when it is something else; `next` and `end`, when the file is shorter or longer than it says
 */
export async function idxItems(file: string): Promise<IdxItems> {
  const pieces = fileBytes(file);
  let rest: Uint8Array = new Uint8Array(0);
  let taken = 0;
  const take = async (count: number): Promise<Uint8Array | undefined> => {
    const parts: Uint8Array[] = [rest];
    let have = rest.length;
    while (have < count) {
      const { value, done } = await pieces.next();
      if (done) return undefined;
      parts.push(value);
      have += value.length;
    }
    const all = parts.length === 1 ? rest : Buffer.concat(parts);
    rest = all.subarray(count);
    taken += count;
    return all.subarray(0, count);
  };
  const notIdx = async (why: string) => {
    await pieces.return(undefined);
    return new InvalidDataError(`This is no IDX file of bytes: ${why}.`, { file });
  };
  const head = await take(4);
  if (head === undefined) throw await notIdx("it is too short");
  if (head[0] === 0x1f && head[1] === 0x8b) throw await notIdx('it is gzipped, so its name must end in ".gz"');
  if (head[0] !== 0 || head[1] !== 0) throw await notIdx("it does not begin with two zeros");
  if (head[2] !== 0x08) throw await notIdx(`its numbers are of type 0x${head[2]!.toString(16).padStart(2, "0")}; expected 0x08, bytes`);
  const dimensions = head[3]!;
  const sizes = dimensions === 0 ? undefined : await take(4 * dimensions);
  if (sizes === undefined) throw await notIdx(dimensions === 0 ? "it has no dimensions" : "it is too short");
  const view = new DataView(sizes.buffer, sizes.byteOffset, sizes.byteLength);
  const shape = Array.from({ length: dimensions }, (_, d) => view.getUint32(4 * d));
  const itemBytes = shape.slice(1).reduce((product, size) => product * size, 1);
  if (itemBytes === 0) throw await notIdx(`its items have no numbers (${shape.join(" × ")})`);
  if (itemBytes > 2 ** 28) throw await notIdx(`its items would have ${itemBytes} bytes each (${shape.join(" × ")})`);
  const before = taken;
  return {
    shape,
    async next() {
      const bytes = await take(itemBytes);
      if (bytes !== undefined) return bytes;
      const items = Math.floor((taken - before) / itemBytes);
      throw new InvalidDataError(`The file ends within this item; it says that it has ${shape[0]}. Get the whole file.`, {
        file,
        row: items + 1,
      });
    },
    async end() {
      if (rest.length > 0 || !(await pieces.next()).done)
        throw new InvalidDataError(`The file goes on after the ${shape[0]} items that it says it has.`, { file });
    },
    async close() {
      await pieces.return(undefined);
    },
  };
}
