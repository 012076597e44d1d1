import { InvalidArgumentError, type LabelId, labelId, type Relation, type RelationDeclarations, shown, suggestion } from "@quaterion/core";
import { disjointWithin, twoLabelsOfOneSpace } from "./contradiction.js";
import { type InclusionEdge, inclusionClasses } from "./inclusion-classes.js";
import { mapEntry } from "./map-entry.js";

/** What {@link labelClosure} derives from declarations; labels are numbers, space after space in the order given. */
export interface LabelClosure {
  /** Label ids by number. */
  readonly ids: readonly LabelId[];
  /** Number of the first label of each space. */
  readonly offsets: readonly number[];
  /** @throws {InvalidArgumentError} when there is no such label; the message names the nearest */
  indexOf(id: LabelId, argument: string): number;
  /** What is known of a sample of one label and a sample of the other. */
  relation(a: number, b: number): Relation;
  /** Whether a pair that is unknown must not be taken as dissimilar either: the two may share samples by what was declared or suspected. */
  mayOverlap(a: number, b: number): boolean;
  /** Whether the very pair was declared as suspected. */
  suspected(a: number, b: number): boolean;
  /** Numbers of the labels that lie within this one and are not the same. */
  narrowerThan(label: number): readonly number[];
}

/** Label sets to close over. */
export interface ClosureSpace {
  readonly name: string;
  readonly labels: readonly string[];
}

/**
 * Closes declared relations transitively. `narrower` is inclusion of sets, `same` inclusion both ways (so a cycle of `narrower` makes its
 * labels the same); labels of one space have no sample in common; what holds for a label holds for every label within it. So two labels are
 * dissimilar exactly when they lie within labels of one space that differ, or within labels declared disjoint.
 * A label that others lie within is unknown to itself: two of its samples may belong to different ones of those.
 * @throws {ContradictionError} when a label could have no sample
 */
export function labelClosure(spaces: readonly ClosureSpace[], declarations: RelationDeclarations): LabelClosure {
  const ids: LabelId[] = [];
  const spaceOfLabel: number[] = [];
  const offsets: number[] = [];
  for (const [s, { name, labels }] of spaces.entries()) {
    offsets.push(ids.length);
    for (const label of labels) {
      ids.push(labelId(name, label));
      spaceOfLabel.push(s);
    }
  }
  const numbers = new Map(ids.map((id, i) => [id, i]));
  const indexOf = (id: LabelId, argument: string) => {
    const number = numbers.get(id);
    if (typeof id !== "string") throw new InvalidArgumentError(`\`${argument}\` must be a label id, "space/label"; received ${shown(id)}.`);
    if (number === undefined)
      throw new InvalidArgumentError(`\`${argument}\` names a label that the data does not have: ${shown(id)}.${suggestion(id, ids)}`);
    return number;
  };
  const pairsOf = (kind: keyof RelationDeclarations) => {
    const declared: readonly unknown[] = declarations[kind] ?? [];
    if (!Array.isArray(declared))
      throw new InvalidArgumentError(`\`relations.${kind}\` must be an array of pairs; received ${shown(declared)}.`);
    return declared.map((pair, i) => {
      if (!Array.isArray(pair) || pair.length !== 2)
        throw new InvalidArgumentError(
          `\`relations.${kind}[${i}]\` must be a pair of label ids ["space/label", "space/label"]; received ${shown(pair)}.`,
        );
      return [indexOf(pair[0], `relations.${kind}[${i}][0]`), indexOf(pair[1], `relations.${kind}[${i}][1]`)] as const;
    });
  };

  const edges: InclusionEdge[] = [];
  for (const [a, b] of pairsOf("same")) {
    edges.push({ from: a, to: b, kind: "same" }, { from: b, to: a, kind: "same", reversed: true });
  }
  for (const [a, b] of pairsOf("narrower")) edges.push({ from: a, to: b, kind: "narrower" });
  const { classOf, classes, parents } = inclusionClasses(ids.length, edges);

  // Ancestors come first in `classes`. Above a class: for each space, the one label that it lies within.
  const above: Map<number, number>[] = [];
  for (const [c, members] of classes.entries()) {
    const labels = new Map<number, number>();
    const add = (label: number) => {
      const space = spaceOfLabel[label]!;
      const other = labels.get(space);
      if (other !== undefined && other !== label) throw twoLabelsOfOneSpace(ids, edges, members[0]!, other, label);
      labels.set(space, label);
    };
    for (const label of members) add(label);
    for (const parent of parents[c]!) for (const label of above[parent]!.values()) add(label);
    above.push(labels);
  }

  const disjoint = symmetricSets(pairsOf("disjoint"), classOf);
  const declaredDisjoint = (a: number, b: number) => {
    if (disjoint.size === 0) return undefined;
    for (const x of above[a]!.values()) {
      const others = disjoint.get(classOf[x]!);
      if (others) for (const y of above[b]!.values()) if (others.has(classOf[y]!)) return [x, y] as const;
    }
    return undefined;
  };
  for (const [c, members] of classes.entries()) {
    const clash = declaredDisjoint(c, c);
    if (clash) throw disjointWithin(ids, edges, members[0]!, clash, pairsOf("disjoint"));
  }

  const within = classes.map(() => new Set<number>());
  const overlaps = new Map<number, Set<number>>();
  for (const c of classes.keys()) {
    const chain = [...new Set([...above[c]!.values()].map((label) => classOf[label]!))];
    if (chain.length > 1) {
      for (const x of chain) {
        if (x !== c) within[x]!.add(c);
        for (const y of chain) if (x !== y) setOf(overlaps, x).add(y);
      }
    }
  }
  const suspectedPairs = pairsOf("suspected");
  const suspects = symmetricSets(suspectedPairs, classOf);
  const masked = new Map<number, Set<number>>();
  for (const [a, b] of suspectedPairs) {
    const [p, q] = [classOf[a]!, classOf[b]!];
    for (const x of [p, ...(overlaps.get(p) ?? [])]) {
      for (const y of [q, ...(overlaps.get(q) ?? [])]) {
        setOf(masked, x).add(y);
        setOf(masked, y).add(x);
      }
    }
  }

  // Space and label of each that a class lies within, by space: a batch asks for thousands of pairs, and walks along two short lists for each.
  const lists = above.map((labels) => Int32Array.from([...labels].sort(([a], [b]) => a - b).flat()));
  const differInASpace = (a: number, b: number) => {
    const [mine, theirs] = [lists[a]!, lists[b]!];
    for (let i = 0, j = 0; i < mine.length && j < theirs.length; ) {
      const step = mine[i]! - theirs[j]!;
      if (step === 0 && mine[i + 1] !== theirs[j + 1]) return true;
      if (step <= 0) i += 2;
      if (step >= 0) j += 2;
    }
    return false;
  };
  const suspected = (a: number, b: number) => suspects.size > 0 && (suspects.get(classOf[a]!)?.has(classOf[b]!) ?? false);
  return {
    ids,
    offsets,
    indexOf,
    suspected,
    relation(a, b) {
      const [x, y] = [classOf[a]!, classOf[b]!];
      if (x === y) return within[x]!.size > 0 ? 0 : 1;
      if (declaredDisjoint(x, y)) return -1;
      if (suspected(a, b)) return 0;
      return differInASpace(x, y) ? -1 : 0;
    },
    mayOverlap(a, b) {
      const [x, y] = [classOf[a]!, classOf[b]!];
      return x === y || (overlaps.get(x)?.has(y) ?? false) || (masked.get(x)?.has(y) ?? false);
    },
    narrowerThan: (label) => [...within[classOf[label]!]!].flatMap((c) => classes[c]!),
  };
}

const setOf = (sets: Map<number, Set<number>>, key: number) => mapEntry(sets, key, () => new Set<number>());

function symmetricSets(pairs: readonly (readonly [number, number])[], classOf: Int32Array): Map<number, Set<number>> {
  const sets = new Map<number, Set<number>>();
  for (const [a, b] of pairs) {
    setOf(sets, classOf[a]!).add(classOf[b]!);
    setOf(sets, classOf[b]!).add(classOf[a]!);
  }
  return sets;
}
