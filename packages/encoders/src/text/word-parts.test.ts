import { describe, expect, it } from "vitest";
import { wordParts } from "./word-parts.js";

describe("wordParts", () => {
  it("leaves each word out with the space beside it, and names it without punctuation", () => {
    expect(wordParts("my card, at the gym!")).toEqual([
      { name: "my", without: "card, at the gym!" },
      { name: "card", without: "my at the gym!" },
      { name: "at", without: "my card, the gym!" },
      { name: "the", without: "my card, at gym!" },
      { name: "gym", without: "my card, at the" },
    ]);
  });
  it("keeps what is no word at all as it stands, and gives nothing for one word", () => {
    expect(wordParts("why ??").map(({ name }) => name)).toEqual(["why", "??"]);
    expect(wordParts("gym!")).toEqual([]);
    expect(wordParts("")).toEqual([]);
  });
});
