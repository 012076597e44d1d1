import { crc32c } from "./crc32c.js";

/** One entry of an event file. */
export interface TensorBoardEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly scalars?: Readonly<Record<string, number>>;
  /** The file's first entry has it. */
  readonly fileVersion?: string;
  /** Begins a session: what the folder has of later steps is out of date. */
  readonly sessionStart?: boolean;
}

/** Added to a rotated checksum, so that checksums of checksums are not weak. */
const maskDelta = 0xa282ead8;

/** An event as a record of TensorFlow's format: length, its checksum, the message, its checksum. */
export function eventRecord(event: TensorBoardEvent): Uint8Array {
  const message = eventMessage(event);
  const record = new Uint8Array(16 + message.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, message.length, true); // of 64 bits; messages are short
  view.setUint32(8, masked(crc32c(record.subarray(0, 8))), true);
  record.set(message, 12);
  view.setUint32(12 + message.length, masked(crc32c(message)), true);
  return record;
}

function masked(checksum: number): number {
  return (((checksum >>> 15) | (checksum << 17)) + maskDelta) >>> 0;
}

/** The protocol buffer `Event`: wall_time 1, step 2, file_version 3, summary 5, session_log 7. */
function eventMessage({ wallTime, step, scalars, fileVersion, sessionStart }: TensorBoardEvent): Uint8Array {
  const parts = [tag(1, 1), double(wallTime)];
  if (step !== 0) parts.push(tag(2, 0), varint(step));
  if (fileVersion !== undefined) parts.push(...delimited(3, text(fileVersion)));
  if (scalars !== undefined) {
    // Summary: repeated Value 1, of tag 1 and simple_value 2.
    const values = Object.entries(scalars).map(([name, value]) =>
      joined(delimited(1, joined([...delimited(1, text(name)), tag(2, 5), float(value)]))),
    );
    parts.push(...delimited(5, joined(values)));
  }
  if (sessionStart) parts.push(...delimited(7, joined([tag(1, 0), varint(1)])));
  return joined(parts);
}

function tag(field: number, wireType: 0 | 1 | 2 | 5): Uint8Array {
  return varint(field * 8 + wireType);
}

function delimited(field: number, message: Uint8Array): Uint8Array[] {
  return [tag(field, 2), varint(message.length), message];
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.from([...bytes, rest]);
}

function double(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}

function float(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
