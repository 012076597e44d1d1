/** Labels of rows that come one by one, as class numbers. */
export class LabelNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #rows: number[] = [];

  /** The next row's label; undefined where it has none. */
  add(label: string | undefined): void {
    if (label === undefined) {
      this.#rows.push(-1);
      return;
    }
    let number = this.#numbers.get(label);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(label, number);
    }
    this.#rows.push(number);
  }

  /** The labels in sorted order (by UTF-16 units, the same on every machine), and the number of each row's, −1 for none. */
  sorted(): { labels: string[]; classes: Int32Array } {
    const labels = [...this.#numbers.keys()].sort();
    const places = new Int32Array(labels.length);
    for (const [place, label] of labels.entries()) places[this.#numbers.get(label)!] = place;
    return { labels, classes: Int32Array.from(this.#rows, (number) => (number < 0 ? -1 : places[number]!)) };
  }
}
