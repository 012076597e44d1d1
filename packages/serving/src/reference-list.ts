import { InvalidArgumentError, type LabelId, shown, spaceOf, suggestion } from "@quaterion/core";

/** An example that decides. */
export interface Reference<Value> {
  readonly id: string;
  /** Undefined where only the vector was kept. */
  readonly value: Value | undefined;
  /** Label ids, at most one of each space. */
  readonly labels: readonly LabelId[];
  /** `[dim]`, of length 1 */
  readonly vector: Float32Array;
  /** Present where it is the name of its label and no sample. */
  readonly name?: true;
}

/** One change of a reference set, as its history keeps it. */
export type ReferenceChange =
  | { readonly kind: "add"; readonly ids: readonly string[]; readonly at: string }
  | { readonly kind: "remove"; readonly ids: readonly string[]; readonly at: string }
  | { readonly kind: "move"; readonly id: string; readonly from: readonly LabelId[]; readonly to: readonly LabelId[]; readonly at: string };

interface Entry<Value> {
  reference: Reference<Value>;
  alive: boolean;
}

/** References by id, and what was done to them. What was removed stays, so that it can come back. */
export class ReferenceList<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #history: ReferenceChange[] = [];
  #counter = 0;

  /** What is there now, in the order of adding. */
  get present(): Reference<Value>[] {
    return [...this.#entries.values()].flatMap(({ reference, alive }) => (alive ? [reference] : []));
  }

  /** Also what was removed. */
  get entries(): readonly Readonly<Entry<Value>>[] {
    return [...this.#entries.values()];
  }

  get history(): readonly ReferenceChange[] {
    return this.#history;
  }

  /** An id that no reference has or had. */
  freshId(): string {
    let id: string;
    do id = `r${++this.#counter}`;
    while (this.#entries.has(id));
    return id;
  }

  /** Puts in a reference that is no change: the first ones, or those of a saved set. */
  put(reference: Reference<Value>, alive = true): void {
    if (this.#entries.has(reference.id)) {
      throw new InvalidArgumentError(
        `Two references have the id ${shown(reference.id)}; ids must differ. Leave ids out to have them made.`,
      );
    }
    this.#entries.set(reference.id, { reference, alive });
  }

  /** @throws {InvalidArgumentError} when there is no such reference; the nearest id is suggested */
  get(id: string): Reference<Value> {
    return this.#entry(id).reference;
  }

  add(references: readonly Reference<Value>[]): void {
    const ids = new Set<string>();
    for (const { id } of references) {
      if (this.#entries.has(id) || ids.has(id)) throw twice(id);
      ids.add(id);
    }
    for (const reference of references) this.put(reference);
    this.#history.push({ kind: "add", ids: references.map(({ id }) => id), at: new Date().toISOString() });
  }

  remove(ids: readonly string[]): void {
    const entries = ids.map((id) => this.#entry(id));
    for (const entry of entries) entry.alive = false;
    this.#history.push({ kind: "remove", ids: [...new Set(ids)], at: new Date().toISOString() });
  }

  /** Gives a reference another label in the label's space; a reference with one label of another space loses that. */
  move(id: string, label: LabelId): void {
    const entry = this.#entry(id);
    const from = entry.reference.labels;
    const others = from.length === 1 ? [] : from.filter((old) => spaceOf(old) !== spaceOf(label));
    this.#relabel(entry, [...others, label]);
    this.#history.push({ kind: "move", id, from, to: entry.reference.labels, at: new Date().toISOString() });
  }

  /** Takes the last change back. @returns it, or undefined when there is none */
  undo(): ReferenceChange | undefined {
    const change = this.#history.pop();
    if (change?.kind === "add") for (const id of change.ids) this.#entries.delete(id);
    if (change?.kind === "remove") for (const id of change.ids) this.#entries.get(id)!.alive = true;
    if (change?.kind === "move") this.#relabel(this.#entries.get(change.id)!, change.from);
    return change;
  }

  /** Takes over the history of a saved set. */
  restoreHistory(changes: readonly ReferenceChange[]): void {
    this.#history.push(...changes);
  }

  #relabel(entry: Entry<Value>, labels: readonly LabelId[]): void {
    entry.reference = { ...entry.reference, labels };
  }

  #entry(id: string): Entry<Value> {
    const entry = this.#entries.get(id);
    if (entry?.alive) return entry;
    const known = this.present.map((reference) => reference.id);
    throw new InvalidArgumentError(
      entry
        ? `Reference ${shown(id)} was removed; \`undo\` brings it back.`
        : `There is no reference ${shown(id)}.${suggestion(String(id), known)}`,
    );
  }
}

function twice(id: string): InvalidArgumentError {
  return new InvalidArgumentError(`Two references have the id ${shown(id)}; ids must differ. Leave ids out to have them made.`);
}
