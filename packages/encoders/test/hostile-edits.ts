import fc from "fast-check";

/** JSON that `JSON.stringify` can't write stands in a string of its own until the file is written. */
const raw = (text: string) => `raw:${text}`;
const unquoted = /"raw:((?:[^"\\]|\\.)*)"/g;

/** More brackets than a stack has frames. */
const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;

/** What breaks readers most often. */
const worst = fc.constantFrom<unknown>("constructor", "__proto__", raw(deep), { toString: null, valueOf: 1 }, null);

/** What no honest file has. */
const any = fc.constantFrom<unknown>(
  ...[null, true, false, "", " ", "NaN", "\u0000", "\ud800", "../..", "/", "__proto__", "constructor", "toString", "x".repeat(300)],
  ...[0, -1, 0.5, 1, 2, 7, 1024, 2 ** 20, 2 ** 24, 2 ** 31, 2 ** 32, 2 ** 53, -1e308, 1e308, 1e-308],
  ...[raw("1e999"), raw("-1e999"), raw("NaN"), raw("-0"), raw(deep)],
  ...[[], {}, [null], [[]], [""], ["__proto__"], ["query", "constructor"], [1, 1e308], { content: 1e308 }, { toString: null, valueOf: 1 }],
);

const hostile = fc.oneof({ weight: 1, arbitrary: worst }, { weight: 2, arbitrary: any });

/** One change of a JSON value. */
interface Edit {
  /** Which field of each level is entered, from the top. */
  readonly path: readonly number[];
  readonly kind: "set" | "remove" | "add";
  readonly name: string;
  readonly value: unknown;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  path: fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
  kind: fc.constantFrom("set", "set", "set", "remove", "add"),
  name: fc.constantFrom("__proto__", "constructor", "toString", "length", "", "0", "pooling_mode_constructor", "pad_token_id"),
  value: hostile,
});

function edited(whole: unknown, { path, kind, name, value: given }: Edit): unknown {
  const value = structuredClone(given);
  let place = whole as Record<string, unknown>;
  for (const [level, pick] of path.entries()) {
    const keys = Object.keys(place);
    const key = keys[pick % Math.max(1, keys.length)];
    const next = key === undefined ? undefined : place[key];
    if (level < path.length - 1 && typeof next === "object" && next !== null && Object.keys(next).length > 0) {
      place = next as Record<string, unknown>;
      continue;
    }
    const target = kind === "add" || key === undefined ? name : key;
    if (kind === "remove") delete place[target];
    else if (Array.isArray(place) && kind === "add") place.push(value);
    // Defined, for an assignment to `__proto__` adds no key.
    else Object.defineProperty(place, target, { value, enumerable: true, writable: true, configurable: true });
    break;
  }
  return whole;
}

/** The text of a JSON file some of whose fields were set, removed or added. @param favoured fields that are set more often than by chance */
export function hostileJson(whole: unknown, favoured: readonly string[] = []): fc.Arbitrary<string> {
  const sets = favoured.length === 0 ? fc.constant([]) : fc.array(fc.tuple(fc.constantFrom(...favoured), hostile), { maxLength: 2 });
  return fc.tuple(fc.array(edit, { minLength: favoured.length > 0 ? 0 : 1, maxLength: 3 }), sets).map(([edits, fields]) => {
    const made = edits.reduce(edited, structuredClone(whole)) as Record<string, unknown>;
    for (const [name, value] of fields) made[name] = value;
    return JSON.stringify(made).replace(unquoted, (_, text: string) => text);
  });
}

/** The bytes of a file that was cut off, overwritten in places, or begins or ends with what does not belong there. */
export function damaged(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const whole = Buffer.from(bytes);
  const scrap = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.constantFrom(Buffer.from("\ufeff"), Buffer.alloc(8, 0xff)));
  // Half of the places are in the first bytes, where sizes stand.
  const place = fc.oneof(fc.nat(Math.min(16, whole.length)), fc.nat(whole.length));
  return fc.oneof(
    place.map((end) => whole.subarray(0, end)),
    fc.tuple(place, scrap).map(([at, some]) => Buffer.concat([whole.subarray(0, at), some, whole.subarray(at + some.length)])),
    fc.tuple(place, scrap).map(([at, some]) => Buffer.concat([whole.subarray(0, at), some, whole.subarray(at)])),
  );
}
