/** Values by row, each text once: a text that comes again has the row it had. Other values get a row each time unless they are the very same. */
export class ValueRows<Value> {
  readonly values: Value[] = [];
  readonly #rows = new Map<Value, number>();

  rowOf(value: Value): number {
    const known = this.#rows.get(value);
    if (known !== undefined) return known;
    const row = this.values.push(value) - 1;
    this.#rows.set(value, row);
    return row;
  }
}
