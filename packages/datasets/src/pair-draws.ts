import type { Json, Random, RowPair } from "@quaterion/core";
import { mapEntry } from "./map-entry.js";

/** One anchor and its candidates, −1 where none was given and another pair's is taken. */
interface PairItem {
  readonly anchor: number;
  readonly candidates: readonly number[];
  readonly score?: number;
  /** A teacher's score of each candidate. */
  readonly teacherScores?: readonly number[];
  readonly class?: number;
}

/** Rows of a batch of given pairs. */
export interface DrawnPairs {
  readonly rows: Uint32Array;
  readonly candidates: Uint32Array;
  readonly scores?: Float32Array;
  readonly teacherScores?: Float32Array;
  readonly pairClasses?: Int32Array;
}

interface PairDrawsState {
  readonly cursor: number;
  readonly deferred: readonly number[];
}

/**
 * Draws batches of given pairs, each pair once before any comes again; one whose value is in the batch already waits for the next one.
 * Where anchors have similar and dissimilar partners (triplets), candidates are the similar partners, then the dissimilar ones,
 * `[2 · pairs]`, and a missing one is filled with another anchor's; where records give several dissimilar ones, those follow, the first of all anchors,
 * then the second, `[(1 + negatives) · pairs]`; else candidate i belongs to anchor i, `[pairs]`.
 */
export class PairDraws {
  /** Anchors in a batch. */
  readonly size: number;
  readonly items: readonly PairItem[];
  readonly #width: number;
  readonly #known: PairsKnown;
  readonly #ids: Uint32Array;
  readonly #orders: Random;
  #cursor = 0;
  #deferred: number[] = [];
  #order: { pass: number; items: Uint32Array } = { pass: -1, items: new Uint32Array(0) };

  /** @param rowsPerBatch anchors and candidates together */
  constructor(pairs: readonly RowPair[], ids: Uint32Array, rowsPerBatch: number, orders: Random) {
    this.#ids = ids;
    this.#orders = orders;
    this.#known = pairsKnown(pairs[0]);
    this.items =
      this.#known === "scores" || this.#known === "classes" ? pairs.map(itemOf) : itemsOf(pairs, this.#known === "teacherScores");
    this.#width = this.items.reduce((most, { candidates }) => Math.max(most, candidates.length), 1);
    this.size = Math.min(Math.max(1, Math.floor(rowsPerBatch / (1 + this.#width))), this.#reachable());
  }

  draw(): DrawnPairs {
    const used = new Set<number>();
    const taken: PairItem[] = [];
    const stillDeferred: number[] = [];
    const tryItem = (number: number) => {
      const item = this.items[number]!;
      const values = new Set([item.anchor, ...item.candidates.filter((row) => row >= 0)].map((row) => this.#ids[row]!));
      for (const value of values) if (used.has(value)) return false;
      for (const value of values) used.add(value);
      taken.push(item);
      return true;
    };
    for (const number of this.#deferred) if (taken.length >= this.size || !tryItem(number)) stillDeferred.push(number);
    const passedOver: number[] = [];
    for (let tries = 0; taken.length < this.size && tries < 2 * this.items.length; tries++) {
      const number = this.#itemAt(this.#cursor++);
      if (!tryItem(number)) passedOver.push(number);
    }
    this.#deferred = [...new Set([...stillDeferred, ...passedOver])];
    return this.#batch(taken);
  }

  state(): Json {
    return { cursor: this.#cursor, deferred: [...this.#deferred] } satisfies PairDrawsState;
  }

  restore(state: Json): void {
    const { cursor, deferred } = state as unknown as PairDrawsState;
    this.#cursor = cursor;
    this.#deferred = [...deferred];
  }

  #batch(taken: readonly PairItem[]): DrawnPairs {
    const size = taken.length;
    const candidates = new Uint32Array(size * this.#width);
    for (let w = 0; w < this.#width; w++) {
      for (let i = 0; i < size; i++) {
        let row = taken[i]!.candidates[w] ?? -1;
        for (let step = 1; row < 0 && step < size; step++) row = taken[(i + step) % size]!.candidates[w] ?? -1;
        // A batch in which nobody has this kind of partner: the other kind of the next anchor.
        candidates[w * size + i] = row >= 0 ? row : Math.max(...taken[(i + 1) % size]!.candidates);
      }
    }
    return {
      rows: Uint32Array.from(taken, (item) => item.anchor),
      candidates,
      ...(this.#known === "scores" ? { scores: Float32Array.from(taken, (item) => item.score!) } : {}),
      ...(this.#known === "classes" ? { pairClasses: Int32Array.from(taken, (item) => item.class!) } : {}),
      ...(this.#known === "teacherScores"
        ? { teacherScores: Float32Array.from(candidates, (_, at) => taken[at % size]!.teacherScores![Math.floor(at / size)]!) }
        : {}),
    };
  }

  #itemAt(cursor: number): number {
    const pass = Math.floor(cursor / this.items.length);
    if (this.#order.pass !== pass) {
      this.#order = { pass, items: this.#orders.fork(`${pass}`).shuffle(Uint32Array.from(this.items.keys())) };
    }
    return this.#order.items[cursor % this.items.length]!;
  }

  /**
   * Items without a common value that every order of drawing finds. A maximal set of disjoint items of k rows has at least 1/k of the most
   * there can be (each of its items blocks k of the largest set at most).
   */
  #reachable(): number {
    const used = new Set<number>();
    let count = 0;
    for (const { anchor, candidates } of this.items) {
      const values = [anchor, ...candidates.filter((row) => row >= 0)].map((row) => this.#ids[row]!);
      if (values.some((value) => used.has(value))) continue;
      for (const value of values) used.add(value);
      count++;
    }
    return count === this.items.length ? count : Math.ceil(count / (1 + this.#width));
  }
}

/** What is known of pairs beside their relation. */
export type PairsKnown = "scores" | "classes" | "teacherScores" | "relations";

/** What is known of a pair; pairs of which other things are known are drawn apart. */
export function pairsKnown({ score, teacherScore, ...pair }: Partial<RowPair> = {}): PairsKnown {
  if (score !== undefined) return "scores";
  if (pair.class !== undefined) return "classes";
  return teacherScore === undefined ? "relations" : "teacherScores";
}

const itemOf = ({ a, b, score, teacherScore, ...pair }: RowPair): PairItem => ({
  anchor: a,
  candidates: [b],
  score,
  class: pair.class,
  ...(teacherScore !== undefined && { teacherScores: [teacherScore] }),
});

/** The pairs of each record, the similar one first. A record that lost a pair (to a split) is filled up from others; where a teacher scored them, it is left out. */
function itemsOfRecords(pairs: readonly RowPair[], taught: boolean): PairItem[] {
  const records = new Map<number, RowPair[]>();
  for (const pair of pairs) if (pair.relation !== 0) mapEntry(records, pair.record!, (): RowPair[] => []).push(pair);
  const most = Math.max(...[...records.values()].map(({ length }) => length));
  return [...records.values()].flatMap((own): PairItem[] => {
    const similar = own.find(({ relation }) => relation === 1);
    if (taught && (!similar || own.length < most)) return [];
    const partners = [similar, ...own.filter((pair) => pair !== similar)];
    const teacherScores = taught ? { teacherScores: partners.map((pair) => pair!.teacherScore!) } : {};
    return [{ anchor: own[0]!.a, candidates: partners.map((pair) => pair?.b ?? -1), ...teacherScores }];
  });
}

/** Given pairs by anchor where some anchor has partners of both kinds; else as they are. Only whole ones, where a teacher scored them. */
function itemsOf(pairs: readonly RowPair[], taught: boolean): PairItem[] {
  if (pairs.every(({ record }) => record !== undefined)) return itemsOfRecords(pairs, taught);
  const anchors = new Map<number, { similar: RowPair[]; dissimilar: RowPair[] }>();
  for (const pair of pairs) {
    if (pair.relation === 0) continue;
    const partners = mapEntry(anchors, pair.a, () => ({ similar: [], dissimilar: [] }));
    (pair.relation === 1 ? partners.similar : partners.dissimilar).push(pair);
  }
  const both = [...anchors.values()].some(({ similar, dissimilar }) => similar.length > 0 && dissimilar.length > 0);
  if (!both) return pairs.filter((pair) => pair.relation !== 0).map(itemOf);
  const items: PairItem[] = [];
  for (const [anchor, { similar, dissimilar }] of anchors) {
    const count = Math.max(similar.length, dissimilar.length);
    for (let i = 0; i < count; i++) {
      const partners = [partner(similar, i), partner(dissimilar, i)];
      // Nobody scored the partner of another that would fill a gap.
      if (taught && partners.includes(undefined)) continue;
      const teacherScores = taught ? { teacherScores: partners.map((pair) => pair!.teacherScore!) } : {};
      items.push({ anchor, candidates: partners.map((pair) => pair?.b ?? -1), ...teacherScores });
    }
  }
  return items;
}

function partner(pairs: readonly RowPair[], i: number): RowPair | undefined {
  return pairs.length === 0 ? undefined : pairs[i % pairs.length]!;
}
