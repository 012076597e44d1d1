import { anything, checkFewOptions, type LabelId, list, type RelationDeclarations } from "@quaterion/core";

/** Whether two label ids are equal, or declared the same through any number of declarations: what counts as right on a shared index. */
export function sameLabels(declarations: Pick<RelationDeclarations, "same"> = {}): (a: LabelId, b: LabelId) => boolean {
  checkFewOptions("sameLabels", declarations, { same: list, narrower: anything, disjoint: anything, suspected: anything });
  const { same = [] } = declarations;
  const parent = new Map<LabelId, LabelId>();
  const root = (label: LabelId): LabelId => {
    let at = label;
    for (let up = parent.get(at); up !== undefined; up = parent.get(at)) at = up;
    return at;
  };
  for (const [a, b] of same) {
    const [x, y] = [root(a), root(b)];
    if (x !== y) parent.set(x, y);
  }
  return (a, b) => a === b || root(a) === root(b);
}
