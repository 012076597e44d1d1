const known = new WeakMap<readonly unknown[], Uint32Array>();

/**
 * A number for each value, equal where the content is equal: texts by their characters, arrays of numbers by their bytes, records by their JSON.
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

const latin1 = new TextDecoder("latin1");

/** A text that starts with a mark no plain text shares, or the value itself where identity is all there is. */
export function contentOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) {
    return `\u0000${value.constructor.name}${latin1.decode(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))}`;
  }
  const prototype = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return value;
  try {
    return `\u0000json${JSON.stringify(value)}`;
  } catch {
    return value; // cycles and big integers have no JSON: such a value equals only itself
  }
}
