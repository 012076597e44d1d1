import {
  InvalidArgumentError,
  type LabelId,
  oneOf,
  type Relation,
  type RelationDeclarations,
  type Relations,
  type RowPair,
  shown,
  suggestion,
} from "@quaterion/core";
import { type ClosureSpace, type LabelClosure, labelClosure } from "./label-closure.js";
import { mapEntry } from "./map-entry.js";

/** A label space with the class number of every row (−1: none). */
export interface RelationSpace extends ClosureSpace {
  /** Of the rows from `first` on; the others have none. Many spaces of many rows would else hold rows × spaces numbers. */
  readonly classes: Int32Array;
  /** Row of the first of `classes`; default 0. */
  readonly first?: number;
}

/** The class number of a row, −1 for none. */
export function classAt({ classes, first = 0 }: Pick<RelationSpace, "classes" | "first">, row: number): number {
  return classes[row - first] ?? -1;
}

/** Relations of labels and rows, with what was derived on the way. */
export interface RowRelations extends Relations {
  readonly closure: LabelClosure;
}

const unset = 2;
const memoLimit = 2048;

/**
 * Relations among the rows of one data set. Labels are closed once ({@link labelClosure}); a pair of rows then costs a table lookup.
 * Rows with labels of several spaces are dissimilar when any two of their labels are, else similar when any two are. A given pair of rows
 * counts for more than their labels.
 * @throws {ContradictionError} when the declarations contradict each other
 * @throws {InvalidArgumentError} when a declaration names an unknown label
 */
export function rowRelations(
  rows: number,
  spaces: readonly RelationSpace[],
  declarations: RelationDeclarations = {},
  pairs: readonly RowPair[] = [],
): RowRelations {
  const closure = labelClosure(spaces, declarations);
  const { kindOf, kinds } = rowKinds(rows, spaces, closure);
  const given = givenPairs(pairs);

  const compute = (a: number, b: number, dissimilar: boolean): Relation => {
    let found: Relation = 0;
    let open = false;
    for (const x of kinds[a]!) {
      for (const y of kinds[b]!) {
        const relation = closure.relation(x, y);
        if (relation === -1) return -1;
        if (relation === 1) found = 1;
        else open ||= closure.mayOverlap(x, y);
      }
    }
    return found === 0 && dissimilar && !open ? -1 : found;
  };
  const memos = kinds.length <= memoLimit ? [new Int8Array(0), new Int8Array(0)] : undefined;
  const relationOfKinds = (a: number, b: number, dissimilar: boolean): number => {
    if (!memos) return compute(a, b, dissimilar);
    const slot = dissimilar ? 1 : 0;
    if (memos[slot]!.length === 0) memos[slot] = new Int8Array(kinds.length ** 2).fill(unset);
    const memo = memos[slot]!;
    const at = a * kinds.length + b;
    if (memo[at] === unset) memo[at] = compute(a, b, dissimilar);
    return memo[at]!;
  };

  return {
    closure,
    declarations,
    of: (a, b) => closure.relation(closure.indexOf(a, "a"), closure.indexOf(b, "b")),
    block(blockRows, columns, { view, unknown = "unknown" } = {}) {
      oneOf(["unknown", "dissimilar"])(unknown, "unknown");
      for (const list of [blockRows, columns])
        for (const row of list) if (row >= rows) throw new InvalidArgumentError(`Row ${row} is not in the data, which has ${rows} rows.`);
      const block = new Int8Array(blockRows.length * columns.length);
      if (view !== undefined) {
        fillView(block, blockRows, columns, spaces, view, closure);
        return block;
      }
      const dissimilar = unknown === "dissimilar";
      const kind = (row: number) => kindOf[row]!;
      const mine = localKinds(blockRows, kind);
      const theirs = blockRows === columns ? mine : localKinds(columns, kind);
      fillByKind(block, mine, theirs, (a, b) => relationOfKinds(a, b, dissimilar));
      clearThemselves(block, blockRows, columns);
      if (given.size > 0) fillGiven(block, blockRows, columns, given);
      return block;
    },
    toJSON: () => ({
      version: 1,
      spaces: spaces.map(({ name, labels }) => ({ name, labels: [...labels] })),
      declarations: Object.fromEntries(declarationEntries(declarations).map(([kind, list]) => [kind, list.map(([a, b]) => [a, b])])),
    }),
  };
}

/** Declarations by kind, without kinds that have none. */
export function declarationEntries(
  declarations: RelationDeclarations,
): [keyof RelationDeclarations, readonly (readonly [LabelId, LabelId])[]][] {
  const kinds = ["same", "narrower", "disjoint", "suspected"] as const;
  return kinds.flatMap((kind) => (declarations[kind]?.length ? [[kind, declarations[kind]]] : []));
}

/** Rows by which labels they carry: rows of one kind have the same relation to every other. */
function rowKinds(rows: number, spaces: readonly RelationSpace[], closure: LabelClosure): { kindOf: Uint32Array; kinds: number[][] } {
  const labelOf = new Int32Array(rows).fill(-1);
  const several = new Map<number, number[]>();
  for (const [s, { classes, first = 0 }] of spaces.entries()) {
    for (let i = 0; i < classes.length; i++) {
      if (classes[i]! < 0) continue;
      const row = first + i;
      const label = closure.offsets[s]! + classes[i]!;
      if (labelOf[row] === -1) labelOf[row] = label;
      else mapEntry(several, row, () => [labelOf[row]!]).push(label);
    }
  }
  const kindOf = new Uint32Array(rows);
  const kinds: number[][] = [];
  const numbers = new Map<string | number, number>();
  for (let row = 0; row < rows; row++) {
    const more = several.get(row);
    const name = more?.join() ?? labelOf[row]!;
    let kind = numbers.get(name);
    if (kind === undefined) {
      kind = kinds.push(more ?? (labelOf[row]! < 0 ? [] : [labelOf[row]!])) - 1;
      numbers.set(name, kind);
    }
    kindOf[row] = kind;
  }
  return { kindOf, kinds };
}

interface LocalKinds {
  readonly kinds: readonly number[];
  readonly local: Uint32Array;
}

/** The distinct kinds in a list of rows, and each row's place among them. */
function localKinds(rows: Uint32Array, kindOf: (row: number) => number): LocalKinds {
  const kinds: number[] = [];
  const numbers = new Map<number, number>();
  const local = rows.map((row) => {
    const kind = kindOf(row);
    let number = numbers.get(kind);
    if (number === undefined) {
      number = kinds.push(kind) - 1;
      numbers.set(kind, number);
    }
    return number;
  });
  return { kinds, local };
}

/** Fills a block from the relations of kinds. Rows of one kind have one line, which is made once and copied. */
function fillByKind(block: Int8Array, rows: LocalKinds, columns: LocalKinds, relation: (a: number, b: number) => number): void {
  const { local } = columns;
  const lines = rows.kinds.map((a) => {
    const relations = columns.kinds.map((b) => relation(a, b));
    const line = new Int8Array(local.length);
    for (let j = 0; j < line.length; j++) line[j] = relations[local[j]!]!;
    return line;
  });
  for (const [i, kind] of rows.local.entries()) block.set(lines[kind]!, i * local.length);
}

function fillView(
  block: Int8Array,
  rows: Uint32Array,
  columns: Uint32Array,
  spaces: readonly RelationSpace[],
  view: string,
  closure: LabelClosure,
): void {
  const at = spaces.findIndex((space) => space.name === view);
  if (at < 0) {
    const hint = suggestion(
      view,
      spaces.map((space) => space.name),
    );
    throw new InvalidArgumentError(`\`view\` must be a label space of the data; received ${shown(view)}.${hint}`);
  }
  const space = spaces[at]!;
  const offset = closure.offsets[at]!;
  const classOf = (row: number) => classAt(space, row);
  const relation = (a: number, b: number): Relation => {
    if (a < 0 || b < 0) return 0;
    return a === b ? 1 : closure.suspected(offset + a, offset + b) ? 0 : -1;
  };
  fillByKind(block, localKinds(rows, classOf), localKinds(columns, classOf), relation);
  clearThemselves(block, rows, columns);
}

/** A row and itself are in no relation. */
function clearThemselves(block: Int8Array, rows: Uint32Array, columns: Uint32Array): void {
  const places = placesOf(columns);
  for (const [i, row] of rows.entries()) for (const j of places.get(row) ?? []) block[i * columns.length + j] = 0;
}

/** Where each row stands among the columns. */
function placesOf(columns: Uint32Array): Map<number, number[]> {
  const places = new Map<number, number[]>();
  for (const [j, row] of columns.entries()) mapEntry(places, row, () => []).push(j);
  return places;
}

/** Given pairs by row; a pair that was given as similar and as dissimilar is unknown. */
function givenPairs(pairs: readonly RowPair[]): Map<number, Map<number, Relation>> {
  const given = new Map<number, Map<number, Relation>>();
  const set = (a: number, b: number, relation: Relation) => {
    const others = mapEntry(given, a, () => new Map<number, Relation>());
    const before = others.get(b);
    others.set(b, before === undefined || before === relation ? relation : 0);
  };
  for (const { a, b, relation } of pairs) {
    if (a === b) continue;
    set(a, b, relation);
    set(b, a, relation);
  }
  return given;
}

function fillGiven(block: Int8Array, rows: Uint32Array, columns: Uint32Array, given: Map<number, Map<number, Relation>>): void {
  const places = placesOf(columns);
  for (const [i, row] of rows.entries()) {
    for (const [other, relation] of given.get(row) ?? []) {
      for (const j of places.get(other) ?? []) block[i * columns.length + j] = relation;
    }
  }
}
