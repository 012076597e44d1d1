import { describe, expect, it } from "vitest";
import { prefixOf, recordKey } from "../record-key.js";
import { DistinctDigests } from "./distinct-digests.js";
import { PieceSize } from "./piece-size.js";
import { RedisNames } from "./redis-names.js";

const key = (name: string) => recordKey(prefixOf("m", "float32"), new TextEncoder().encode(name));

describe("RedisNames", () => {
  it("reads what it wrote, and nothing else", () => {
    const names = new RedisNames("q");
    const entry = names.entry(key("a"));
    expect(entry).toMatch(/^q:1:[\w-]{22}:[\w-]{43}$/);
    const [, , space, digest] = entry.split(":");
    expect(space).toBe(prefixOf("m", "float32").toString("base64url"));
    expect(names.read(entry)).toEqual({ space, entry: digest, lease: false });
    expect(names.read(names.lease(key("a")))).toEqual({ space, entry: digest, lease: true });
    for (const other of [
      names.spaces,
      `x${entry}`,
      `${entry}:`,
      `${entry}:leases`,
      entry.slice(0, -1),
      entry.replace(":1:", ":2:"),
      `${entry}\n`,
      "q",
    ])
      expect(names.read(other), other).toBeUndefined();
  });

  it("makes a pattern that takes the prefix letter by letter", () => {
    expect(new RedisNames("a*[b]?\\c").pattern).toBe("a\\*\\[b\\]\\?\\\\c:1:*");
  });
});

describe("DistinctDigests", () => {
  it("takes each entry of each space once", () => {
    const names = new RedisNames("q");
    const seen = new DistinctDigests();
    const some = Array.from({ length: 2000 }, (_, i) => names.read(names.entry(key(`${i}`)))!);
    expect(some.every((one) => seen.add(one))).toBe(true);
    expect(some.some((one) => seen.add(one))).toBe(false);
    expect(seen.add({ ...some[0]!, space: "another" })).toBe(true);
  });
});

describe("PieceSize", () => {
  it("doubles up to 1,024 keys, and goes down to what fits into 4 MiB", () => {
    const piece = new PieceSize();
    const asked = [4, 100, 100, 0, 5000, 100].map((size) => {
      const { keys } = piece;
      piece.saw([size, 1]);
      return keys;
    });
    expect(asked).toEqual([8, 16, 32, 64, 128, 256]);
    piece.saw([1 << 20]);
    expect(piece.keys).toBe(4);
    piece.saw([1 << 30]);
    expect(piece.keys).toBe(1);
    const small = new PieceSize();
    for (let i = 0; i < 20; i++) small.saw([100]);
    expect(small.keys).toBe(1024);
  });
});
