/** A measured value with its 95 % confidence interval, from `n` cases. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}
