/**
 * The results of `work` on each of `count` items in their order, `atOnce` of them under way at most: what is not asked for yet is not begun.
 * The error of an item comes when it is its turn.
 */
export async function* prefetched<Result>(count: number, atOnce: number, work: (item: number) => Promise<Result>): AsyncGenerator<Result> {
  const under: Promise<Result>[] = [];
  for (let begun = 0; begun < count || under.length > 0; ) {
    while (begun < count && under.length < atOnce) {
      const result = work(begun++);
      // It is awaited later, or never where another one fails first.
      result.catch(() => {});
      under.push(result);
    }
    yield await under.shift()!;
  }
}
