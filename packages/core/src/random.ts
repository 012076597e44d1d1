import { InvalidArgumentError } from "./errors.js";

/** The whole state of a {@link Random}: four unsigned 32-bit numbers. */
export type RandomState = readonly [number, number, number, number];

/**
 * Seeded random numbers: the same seed gives the same sequence on every machine and engine.
 * Generator: xoshiro128** (Blackman & Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 2021), seeded through splitmix32.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param seed a whole number, or a text (hashed) */
  constructor(seed: number | string) {
    if (typeof seed === "number" && !Number.isSafeInteger(seed)) {
      throw new InvalidArgumentError(`\`seed\` must be a whole number; received ${seed}.`);
    }
    const next = splitmix32(typeof seed === "string" ? hash32(seed) : (seed ^ Math.floor(seed / 2 ** 32)) >>> 0);
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next();
  }

  /** The next 32 random bits, as an unsigned whole number. */
  bits(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  /** A number in [0, 1) with 53 random bits. */
  uniform(): number {
    return ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }

  /** A whole number in [0, below), every one equally likely. */
  integer(below: number): number {
    if (!Number.isSafeInteger(below) || below < 1)
      throw new InvalidArgumentError(`\`below\` must be a whole number of 1 or more; received ${below}.`);
    return Math.floor(this.uniform() * below);
  }

  /** A draw from the standard normal distribution (Box & Muller, 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles in place (Fisher & Yates) and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
    return items;
  }

  /** A generator of its own for the part called `name`: what one part draws does not move the others. */
  fork(name: string): Random {
    return new Random(`${this.#a},${this.#b},${this.#c},${this.#d}/${name}`);
  }

  state(): RandomState {
    return [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#d >>> 0];
  }

  restore(state: RandomState): void {
    if (state.length !== 4 || !state.every((part) => Number.isInteger(part) && part >= 0 && part < 2 ** 32)) {
      throw new InvalidArgumentError(`\`state\` must be four unsigned 32-bit numbers; received ${JSON.stringify(state)}.`);
    }
    [this.#a, this.#b, this.#c, this.#d] = state;
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function splitmix32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

/** FNV-1a over the UTF-16 units of a text: spreads names into seeds; not a content hash. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
