import { sha256 } from "@quaterion/core/node";

const known = new WeakMap<readonly unknown[], Uint32Array>();

/**
 * A number for each value, equal where the content is equal: texts by their characters, arrays of numbers by their bytes, records by their JSON (arrays of bytes in
 * them by their bytes).
 * The values must not change afterwards.
 * @returns `[values]`
 */
export function valueIds(values: readonly unknown[]): Uint32Array {
  const cached = known.get(values);
  if (cached?.length === values.length) return cached;
  const ids = new Uint32Array(values.length);
  const seen = new Map<unknown, number>();
  for (let row = 0; row < values.length; row++) {
    const content = contentOf(values[row]);
    let id = seen.get(content);
    if (id === undefined) {
      id = seen.size;
      seen.set(content, id);
    }
    ids[row] = id;
  }
  known.set(values, ids);
  return ids;
}

/** A text that starts with a mark no plain text shares, or the value itself where identity is all there is. */
export function contentOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return bytesText(value);
  const prototype = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return value;
  try {
    return `\u0000json${JSON.stringify(value, compactBytes)}`;
  } catch {
    return value; // cycles and big integers have no JSON: such a value equals only itself
  }
}

const latin1 = new TextDecoder("latin1");

/** Images by a digest: their bytes would be in memory twice. */
function bytesText(value: ArrayBufferView): string {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return `\u0000${value.constructor.name}${bytes.length > 1024 ? `#${sha256(bytes)}` : latin1.decode(bytes)}`;
}

/** Pixels are not written number by number: JSON would take ten times their bytes. What is looked at is the record's own field: a Buffer would already be a list. */
function compactBytes(this: unknown, key: string, value: unknown): unknown {
  const own = (this as Record<string, unknown>)[key];
  return ArrayBuffer.isView(own) ? bytesText(own) : value;
}
