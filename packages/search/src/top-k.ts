/**
 * Keeps the k largest similarities of one query at a time, in two arrays of that length that it is given: a heap whose root is the least of
 * them, and of equal ones that with the highest index.
 */
export class TopK {
  readonly #similarities: Float32Array;
  readonly #indices: Int32Array;
  #size = 0;

  constructor(similarities: Float32Array, indices: Int32Array) {
    this.#similarities = similarities.fill(Number.NEGATIVE_INFINITY);
    this.#indices = indices.fill(-1);
  }

  /** What a candidate must exceed. Candidates come in ascending order of index, so one that is equal to it comes too late. */
  get least(): number {
    return this.#size < this.#indices.length ? Number.NEGATIVE_INFINITY : this.#similarities[0]!;
  }

  /** Takes a candidate in; the caller has compared it with `least`, unless the heap is not full. */
  push(similarity: number, index: number): void {
    if (this.#size < this.#indices.length) {
      let at = this.#size++;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!this.#isWorse(similarity, index, parent)) break;
        this.#move(parent, at);
        at = parent;
      }
      this.#set(at, similarity, index);
    } else if (similarity > this.#similarities[0]!) {
      this.#sink(similarity, index, this.#size);
    }
  }

  /** Puts them in order, best first; of equal ones the lower index. Places that were not filled hold index −1 and −Infinity, at the end. */
  sort(): void {
    for (let size = this.#size - 1; size > 0; size--) {
      const similarity = this.#similarities[size]!;
      const index = this.#indices[size]!;
      this.#move(0, size);
      this.#sink(similarity, index, size);
    }
    this.#size = 0;
  }

  /** Puts a candidate in place of the root of the first `size` ones. */
  #sink(similarity: number, index: number, size: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isWorse(this.#similarities[child + 1]!, this.#indices[child + 1]!, child)) child++;
      if (this.#isWorse(similarity, index, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#set(at, similarity, index);
  }

  #isWorse(similarity: number, index: number, than: number): boolean {
    const other = this.#similarities[than]!;
    return similarity < other || (similarity === other && index > this.#indices[than]!);
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#similarities[from]!, this.#indices[from]!);
  }

  #set(at: number, similarity: number, index: number): void {
    this.#similarities[at] = similarity;
    this.#indices[at] = index;
  }
}
