/** One declared inclusion: every sample of `from` is one of `to`. */
export interface InclusionEdge {
  readonly from: number;
  readonly to: number;
  readonly kind: "same" | "narrower";
  /** Whether it was declared the other way round, as `same` goes both ways. */
  readonly reversed?: boolean;
}

/** Labels grouped by equality, and the order between the groups. */
export interface InclusionClasses {
  /** Class of each label. */
  readonly classOf: Int32Array;
  /** Labels of each class; a class comes after those it lies within. */
  readonly classes: readonly (readonly number[])[];
  /** For each class, the classes that it was declared to lie within. */
  readonly parents: readonly (readonly number[])[];
}

/**
 * The strongly connected components of the inclusion graph: labels that include each other are the same.
 * Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1972, without recursion.
 */
export function inclusionClasses(labels: number, edges: readonly InclusionEdge[]): InclusionClasses {
  const up: number[][] = Array.from({ length: labels }, () => []);
  for (const { from, to } of edges) up[from]!.push(to);
  const classOf = new Int32Array(labels).fill(-1);
  const order = new Int32Array(labels).fill(-1);
  const low = new Int32Array(labels);
  const next = new Int32Array(labels);
  const open: number[] = [];
  const path: number[] = [];
  const classes: number[][] = [];
  let visited = 0;
  for (let root = 0; root < labels; root++) {
    if (order[root] !== -1) continue;
    path.push(root);
    while (path.length > 0) {
      const label = path.at(-1)!;
      if (order[label] === -1) {
        order[label] = low[label] = visited++;
        open.push(label);
      }
      const target = up[label]![next[label]!++];
      if (target !== undefined) {
        if (order[target] === -1) path.push(target);
        else if (classOf[target] === -1) low[label] = Math.min(low[label]!, order[target]!);
        continue;
      }
      path.pop();
      const below = path.at(-1);
      if (below !== undefined) low[below] = Math.min(low[below]!, low[label]!);
      if (low[label] === order[label]) {
        const members: number[] = [];
        let member: number;
        do {
          member = open.pop()!;
          classOf[member] = classes.length;
          members.push(member);
        } while (member !== label);
        classes.push(members.sort((a, b) => a - b));
      }
    }
  }
  const parents = classes.map((members, c) =>
    [...new Set(members.flatMap((label) => up[label]!.map((to) => classOf[to]!)))].filter((p) => p !== c),
  );
  return { classOf, classes, parents };
}
