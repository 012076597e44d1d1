/** Is every element the first one, bit by bit? Elements equal their neighbours if the bytes equal themselves moved by one element, which one comparison of memory tells. */
export function isUniform(values: ArrayLike<number>): boolean {
  const first = values[0];
  const size = values.length;
  if (!Object.is(values[size - 1], first) || !Object.is(values[size >> 1], first)) return false;
  if (!ArrayBuffer.isView(values)) return Array.prototype.every.call(values, (value) => Object.is(value, first));
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const elementBytes = values.byteLength / size;
  return bytes.compare(bytes, elementBytes, undefined, 0, bytes.length - elementBytes) === 0;
}
