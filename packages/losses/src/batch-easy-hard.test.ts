import { describe, expect, it } from "vitest";
import { keptBy } from "../test/kept-by.js";
import { type BatchEasyHardOptions, batchEasyHard } from "./batch-easy-hard.js";

// Similar at 1, 3, 6; dissimilar at 2, 4, 7; one unknown at 5.
const distances = [[1, 3, 6, 2, 4, 7, 5]];
const relations = [[1, 1, 1, -1, -1, -1, 0]];

/** The distances of the similar and of the dissimilar pairs that stay. */
async function kept(options: BatchEasyHardOptions, of = relations) {
  const rows = await keptBy(batchEasyHard(options), distances, of);
  return [1, -1].map((kind) => distances[0]!.filter((_, j) => rows[0]![j] === kind));
}

describe("batchEasyHard", () => {
  it.each([
    [{}, [1], [2]], // easy positive, nearest negative beyond it
    [{ positive: "easy", negative: "semiHard" }, [1], [2]],
    [{ positive: "hard", negative: "semiHard" }, [6], [7]],
    [{ positive: "semiHard", negative: "hard" }, [1], [2]], // farthest positive within 2
    [{ positive: "semiHard", negative: "easy" }, [6], [7]],
    [{ positive: "easy", negative: "hard" }, [1], [2]],
    [{ positive: "easy", negative: "easy" }, [1], [7]],
    [{ positive: "hard", negative: "hard" }, [6], [2]],
    [{ positive: "hard", negative: "easy" }, [6], [7]],
    [{ positive: "all", negative: "hard" }, [1, 3, 6], [2]],
    [{ positive: "easy", negative: "all" }, [1], [2, 4, 7]],
    [{ positive: "all", negative: "all" }, [1, 3, 6], [2, 4, 7]],
    [{ positive: "hard", negative: "hard", positiveRange: [1, 3] }, [3], [2]], // borders included
    [{ positive: "easy", negative: "hard", positiveRange: [1, 3], negativeRange: [2, 7] }, [1], [2]],
    [{ positive: "easy", negative: "easy", positiveRange: [1.5, 9], negativeRange: [2, 4] }, [3], [4]],
    [{ positive: "all", negative: "all", positiveRange: [2, 4] }, [3], [2, 4, 7]],
    [{ positive: "hard", negative: "semiHard", positiveRange: [0, 3] }, [3], [4]],
  ] as [BatchEasyHardOptions, number[], number[]][])("%o keeps %o and %o", async (options, positives, negatives) => {
    expect(await kept(options)).toEqual([positives, negatives]);
  });
  it("keeps nothing of an anchor that lacks one of the two, but where the other kind is all", async () => {
    const beyondNone = [[1, 1, 0, -1, 0, 0, 0]]; // the farthest similar lies at 3, the only dissimilar at 2
    expect(await kept({ positive: "hard", negative: "semiHard" }, beyondNone)).toEqual([[], []]);
    expect(await kept({ positive: "semiHard", negative: "hard" }, [[0, 1, 0, -1, 0, 0, 0]])).toEqual([[], []]);
    const alike = [[1, 1, 1, 0, 0, 0, 0]];
    expect(await kept({ positive: "hard", negative: "hard" }, alike)).toEqual([[], []]);
    expect(await kept({ positive: "hard", negative: "all" }, alike)).toEqual([[6], []]);
  });
  it("keeps all that tie, and takes no tie for beyond", async () => {
    const rows = await keptBy(batchEasyHard({ positive: "hard" }), [[2, 2, 2, 3, 3]], [[1, 1, -1, -1, -1]]);
    expect(rows).toEqual([[1, 1, 0, -1, -1]]);
    expect(await keptBy(batchEasyHard({ positive: "semiHard", negative: "hard" }), [[1, 2, 2]], [[1, 1, -1]])).toEqual([[1, 0, -1]]);
  });
  it("declares whether one of each kind stays, and tells its options in its name", () => {
    expect(batchEasyHard()).toMatchObject({ onePerAnchor: true, name: "batchEasyHard(easy, semiHard, any, any)" });
    expect(batchEasyHard({ positive: "all", negative: "hard", negativeRange: [0, 1] })).toMatchObject({
      onePerAnchor: false,
      name: "batchEasyHard(all, hard, any, [0,1])",
    });
  });
  it("says which option is wrong", () => {
    expect(() => batchEasyHard({ positive: "semihard" as never })).toThrow('Did you mean "semiHard"?');
    expect(() => batchEasyHard({ negative: "none" as never })).toThrow("`batchEasyHard.negative` must be one of");
    for (const given of [
      ["semiHard", "semiHard"],
      ["semiHard", "all"],
      ["all", "semiHard"],
    ] as const) {
      expect(() => batchEasyHard({ positive: given[0], negative: given[1] })).toThrow('"semiHard" needs one sample of the other kind');
    }
    for (const range of [[2, 1], [1], [0, Number.NaN], 3]) {
      expect(() => batchEasyHard({ positiveRange: range as never })).toThrow(
        "`batchEasyHard.positiveRange` must be [lowest, highest] distance",
      );
      expect(() => batchEasyHard({ negativeRange: range as never })).toThrow(
        "`batchEasyHard.negativeRange` must be [lowest, highest] distance",
      );
    }
  });
});
