import type { Json, Random } from "@quaterion/core";
import type { PlacedNeighbors } from "./neighbors-in.js";

/** What has been drawn from one label space so far. */
interface LabelDrawsState {
  /** Labels still to come in this pass over the space, last first. */
  readonly queue: readonly number[];
  /** How many rows each label's passes have gone through. */
  readonly cursors: readonly number[];
  /** Rows that were passed over because their value was in the batch: first in turn at the label's next draw. */
  readonly deferred: readonly (readonly [label: number, rows: readonly number[]])[];
}

/**
 * Draws rows of one label space label by label: every label once before any comes again, every row of a label once before any comes again.
 * A row whose value is in the batch already waits for the next one.
 */
export class LabelDraws {
  /** Distinct values that rows of the space have: no batch of it can be larger. */
  readonly capacity: number;
  #queue: number[] = [];
  #cursors: Uint32Array;
  #deferred = new Map<number, number[]>();
  readonly #rowsOf: Uint32Array[];
  readonly #order: { pass: number; rows: Uint32Array }[];
  readonly #ids: Uint32Array;
  readonly #orders: Random;
  readonly #neighbors: PlacedNeighbors | undefined;

  /**
   * @param rowsOf rows of each label that may be drawn
   * @param ids value of each row, equal values with equal numbers
   * @param orders names the random order of each pass; never advanced
   * @param neighbors labels that follow another into the batch
   */
  constructor(rowsOf: Uint32Array[], ids: Uint32Array, orders: Random, neighbors?: PlacedNeighbors) {
    this.#neighbors = neighbors;
    this.#rowsOf = rowsOf;
    this.#ids = ids;
    this.#orders = orders;
    this.#cursors = new Uint32Array(rowsOf.length);
    this.#order = rowsOf.map((rows) => ({ pass: -1, rows }));
    const distinct = new Set<number>();
    for (const rows of rowsOf) for (const row of rows) distinct.add(ids[row]!);
    this.capacity = distinct.size;
  }

  /**
   * Adds up to `count` rows to `batch`, `perLabel` of each label as far as it has them; fewer only when no row with a new value is left.
   * @param used values in the batch; grows with it
   */
  draw(batch: number[], count: number, perLabel: number, used: Set<number>, random: Random): void {
    const target = batch.length + count;
    const here = new Set<number>();
    const empty = new Set<number>();
    const labels = this.#rowsOf.length;
    let following: number[] = [];
    while (batch.length < target && empty.size < labels) {
      // A label comes twice in one batch only when all others have come.
      if (here.size + empty.size >= labels) here.clear();
      let label = this.#neighbors && this.#queuedOf(following, here, empty);
      if (label === undefined) {
        label = this.#nextLabel(here, empty, random);
        following = this.#followersOf(label);
      }
      here.add(label);
      for (let k = 0; k < perLabel && batch.length < target; k++) {
        const row = this.#take(label, used);
        if (row === undefined) {
          empty.add(label);
          here.delete(label);
          break;
        }
        batch.push(row);
        used.add(this.#ids[row]!);
      }
    }
  }

  /** Neighbours of a label that are still to come in this pass, nearest first, as many as come together with it. */
  #followersOf(label: number): number[] {
    if (this.#neighbors === undefined) return [];
    const queued = new Set(this.#queue);
    const near = this.#neighbors.of[label]!.filter((other) => queued.has(other));
    return near.slice(0, this.#neighbors.together - 1).reverse();
  }

  /** Takes the next of these labels that may come into the batch out of the queue. */
  #queuedOf(following: number[], here: ReadonlySet<number>, empty: ReadonlySet<number>): number | undefined {
    for (let label = following.pop(); label !== undefined; label = following.pop()) {
      const at = this.#queue.lastIndexOf(label);
      if (at < 0 || here.has(label) || empty.has(label)) continue;
      this.#queue.splice(at, 1);
      return label;
    }
    return undefined;
  }

  state(): Json {
    const deferred = [...this.#deferred].filter(([, rows]) => rows.length > 0).map(([label, rows]) => [label, [...rows]] as const);
    return { queue: [...this.#queue], cursors: [...this.#cursors], deferred } satisfies LabelDrawsState;
  }

  restore(state: Json): void {
    const { queue, cursors, deferred } = state as unknown as LabelDrawsState;
    this.#queue = [...queue];
    this.#cursors = Uint32Array.from(cursors);
    this.#deferred = new Map(deferred.map(([label, rows]) => [label, [...rows]]));
  }

  #nextLabel(here: ReadonlySet<number>, empty: ReadonlySet<number>, random: Random): number {
    for (let i = this.#queue.length - 1; i >= 0; i--) {
      const label = this.#queue[i]!;
      if (!here.has(label) && !empty.has(label)) return this.#queue.splice(i, 1)[0]!;
    }
    // What is left of this pass is in the batch: it keeps its turn, at the head of the next pass.
    const waiting = this.#queue;
    this.#queue = [...random.shuffle(Array.from(this.#rowsOf.keys())), ...waiting];
    for (let i = this.#queue.length - 1; ; i--) {
      const label = this.#queue[i]!;
      if (!here.has(label) && !empty.has(label)) return this.#queue.splice(i, 1)[0]!;
    }
  }

  #take(label: number, used: ReadonlySet<number>): number | undefined {
    const waiting = this.#deferred.get(label);
    const at = waiting?.findIndex((row) => !used.has(this.#ids[row]!)) ?? -1;
    if (at >= 0) return waiting!.splice(at, 1)[0];
    const size = this.#rowsOf[label]!.length;
    const passedOver: number[] = [];
    // To the end of the next pass: the rest of this one may not hold every row.
    const start = this.#cursors[label]!;
    const end = (Math.floor(start / size) + 2) * size;
    for (let cursor = start; cursor < end; cursor++) {
      const row = this.#rowAt(label, cursor, size);
      if (!used.has(this.#ids[row]!)) {
        this.#cursors[label] = cursor + 1;
        if (passedOver.length > 0) this.#deferred.set(label, [...new Set([...(waiting ?? []), ...passedOver])]);
        return row;
      }
      passedOver.push(row);
    }
    return undefined; // every value of the label is in the batch; its turn is untouched
  }

  #rowAt(label: number, cursor: number, size: number): number {
    const pass = Math.floor(cursor / size);
    const order = this.#order[label]!;
    if (order.pass !== pass) {
      order.rows = this.#orders.fork(`${label}/${pass}`).shuffle(this.#rowsOf[label]!.slice());
      order.pass = pass;
    }
    return order.rows[cursor % size]!;
  }
}
