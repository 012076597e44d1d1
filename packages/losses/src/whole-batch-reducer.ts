/** What a reducer says whose ratios do not add up over blocks of anchors. */
export interface WholeBatchReducer {
  readonly wholeBatch: true;
}
