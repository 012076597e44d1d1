import { ContradictionError, type LabelId, spaceOf } from "@quaterion/core";
import type { InclusionEdge } from "./inclusion-classes.js";

/** The error for a label that would lie within two labels of one space. */
export function twoLabelsOfOneSpace(
  ids: readonly LabelId[],
  edges: readonly InclusionEdge[],
  label: number,
  first: number,
  second: number,
): ContradictionError {
  const clash = `"${ids[first]}" and "${ids[second]}" are different labels of the space "${spaceOf(ids[first]!)}", so they have no sample in common`;
  return contradiction([...path(ids, edges, label, first), ...path(ids, edges, label, second)], clash);
}

/** The error for a label that would lie within two labels declared disjoint. */
export function disjointWithin(
  ids: readonly LabelId[],
  edges: readonly InclusionEdge[],
  label: number,
  [first, second]: readonly [number, number],
  declared: readonly (readonly [number, number])[],
): ContradictionError {
  // The declaration may name labels that are the same as those found.
  for (const [a, b] of declared) {
    for (const [x, y] of [
      [a, b],
      [b, a],
    ] as const) {
      const [toX, toY] = [path(ids, edges, label, x), path(ids, edges, label, y)];
      if ((toX.length > 0 || x === label) && (toY.length > 0 || y === label)) {
        const itself = x === y ? `"${ids[x]}" is declared disjoint with itself` : `"${ids[x]}" and "${ids[y]}" are declared disjoint`;
        return contradiction([...toX, ...toY], itself);
      }
    }
  }
  return contradiction([], `"${ids[first]}" and "${ids[second]}" are declared disjoint`);
}

function contradiction(steps: readonly string[], clash: string): ContradictionError {
  const chain = [...new Set(steps), clash];
  const lines = chain.map((line, i) => `  ${i === chain.length - 1 && i > 0 ? "but " : ""}${line}${i === chain.length - 1 ? "." : ","}`);
  return new ContradictionError(
    `The declared relations contradict each other:\n${lines.join("\n")}\nRemove or correct one of them.`,
    chain,
  );
}

/** The shortest run of declarations that puts `from` within `to`, in words; empty when they are the same label. */
function path(ids: readonly LabelId[], edges: readonly InclusionEdge[], from: number, to: number): string[] {
  const cameBy = new Map<number, InclusionEdge | undefined>([[from, undefined]]);
  for (const label of cameBy.keys()) {
    if (label === to) break;
    for (const edge of edges) if (edge.from === label && !cameBy.has(edge.to)) cameBy.set(edge.to, edge);
  }
  const words: string[] = [];
  for (let edge = cameBy.get(to); edge; edge = cameBy.get(edge.from)) {
    const [a, b] = edge.reversed ? [edge.to, edge.from] : [edge.from, edge.to];
    words.unshift(`"${ids[a]}" is declared ${edge.kind === "same" ? "the same as" : "narrower than"} "${ids[b]}"`);
  }
  return words;
}
