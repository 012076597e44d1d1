/** Shares of numbers that become 0 in training. */
export interface DropoutRates {
  readonly states: number;
  readonly attention: number;
}
