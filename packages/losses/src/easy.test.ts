import { describe, expect, it } from "vitest";
import { keptBy } from "../test/kept-by.js";
import { easy } from "./easy.js";

describe("easy", () => {
  it("keeps the nearest similar and the farthest dissimilar sample, all that tie, none where there is none", async () => {
    const distances = [
      [5, 1, 3, 2, 4],
      [1, 1, 2, 3, 3],
      [1, 2, 3, 4, 5],
    ];
    const relations = [
      [0, 1, 1, -1, -1],
      [1, 1, 1, -1, -1],
      [0, 0, 0, 0, -1],
    ];
    expect(await keptBy(easy(), distances, relations)).toEqual([
      [0, 1, 0, 0, -1],
      [1, 1, 0, -1, -1],
      [0, 0, 0, 0, -1],
    ]);
  });
});
