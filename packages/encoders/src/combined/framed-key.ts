/** Several byte strings as one, each after its length, so that they can't run into each other. */
export function framedKey(keys: readonly Uint8Array[]): Uint8Array {
  const framed = new Uint8Array(keys.reduce((sum, key) => sum + 4 + key.length, 0));
  const view = new DataView(framed.buffer);
  let offset = 0;
  for (const key of keys) {
    view.setUint32(offset, key.length);
    framed.set(key, offset + 4);
    offset += 4 + key.length;
  }
  return framed;
}
