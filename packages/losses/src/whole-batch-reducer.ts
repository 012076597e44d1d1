import type { Reducer } from "@quaterion/core/training";

/** What a reducer says whose ratios do not add up over blocks of anchors. */
export interface WholeBatchReducer {
  readonly wholeBatch: true;
}

/** Does a reducer say so? */
export function needsWholeBatch(reducer: Reducer): boolean {
  return (reducer as Partial<WholeBatchReducer>).wholeBatch === true;
}
