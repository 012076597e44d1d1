/**
 * A 32-bit hash of part of a text: FNV-1a over its UTF-16 units from `start` to `end`, then the finaliser of MurmurHash3, so that every
 * bit depends on every unit. The same on every machine.
 * @param seed tells kinds of features apart
 */
export function hashFeature(text: string, start: number, end: number, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 255), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
