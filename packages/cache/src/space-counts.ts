import type { Database } from "lmdb";
import type { Precision } from "./entry-bytes.js";

/** What the folder knows of one space at one precision. */
export interface SpaceRecord {
  space: string;
  precision: Precision;
  entries: number;
  bytes: number;
}

/** Counts of entries and bytes by space: changes of one transaction are added up here and written at its end. */
export class SpaceCounts {
  readonly #stored: Database<SpaceRecord, Buffer>;
  readonly #changed = new Map<string, SpaceRecord>();

  constructor(stored: Database<SpaceRecord, Buffer>) {
    this.#stored = stored;
  }

  /** @param fresh what to begin with where the space is not known yet */
  add(prefix: Buffer, entries: number, bytes: number, fresh?: SpaceRecord): void {
    const name = prefix.toString("hex");
    const known = this.#changed.get(name) ?? this.#stored.get(prefix) ?? fresh;
    if (known) this.#changed.set(name, { ...known, entries: known.entries + entries, bytes: known.bytes + bytes });
  }

  write(): void {
    for (const [name, record] of this.#changed) {
      const prefix = Buffer.from(name, "hex");
      if (record.entries === 0) this.#stored.remove(prefix);
      else this.#stored.put(prefix, record);
    }
    this.#changed.clear();
  }

  /** Bytes of all spaces as they are stored. There are few spaces, so adding them up costs little. */
  storedBytes(): number {
    let total = 0;
    for (const { value } of this.#stored.getRange()) total += value.bytes;
    return total;
  }
}
