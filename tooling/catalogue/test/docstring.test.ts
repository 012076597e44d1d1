import { describe, expect, it } from "vitest";
import { docstrings, sentences } from "../src/docs/docstring.js";
import { missingParts, unitKind } from "../src/docs/unit-kind.js";

const source = `import x from "y";

/** Not exported. */
const inner = 1;

/**
 * Near loss: similar pairs shall be near.
 * The mean of d² (see eq. 2. of it) over pairs, d = |a − c|. More about it.
 * \`margin\` (0).
 * Use it for a start. It is plain.
 *
 * Someone, "A long title of a paper", 2006, eq. 4.
 * @throws {InvalidArgumentError} never
 */
export const near = defineRelationLoss({
  name: "near",
});

/** The miner that keeps nothing. */
export function none(options: { a: number } = { a: 1 }): Miner {
  return { name: "none" };
}

/**
 * A wrapper.
 */
export function around<What extends Reads>(
  loss: Loss,
): LossThatReads<What> {
`;

describe("docstrings", () => {
  const [near, none, around] = docstrings(source);

  it("takes what it is, the formula, when to use it and the source from their places", () => {
    expect(near).toMatchObject({
      name: "near",
      what: "Near loss: similar pairs shall be near.",
      formula: "The mean of d² (see eq. 2. of it) over pairs, d = |a − c|.",
      use: "for a start. It is plain.",
      source: 'Someone, "A long title of a paper", 2006, eq. 4.',
    });
  });
  it("tells the kind of a unit by its type", () => {
    expect([near, none, around].map((unit) => unitKind(unit!))).toEqual(["loss", "miner", "wrapper"]);
  });
  it("names what is missing", () => {
    expect(missingParts(near!)).toEqual([]);
    expect(missingParts({ ...near!, use: "" })).toEqual(['a line "Use it …"']);
    expect(missingParts({ ...near!, formula: "Good for much." })).toEqual(["a formula as its second sentence"]);
    expect(missingParts({ ...near!, source: "" })).toEqual([expect.stringContaining("the source and its year")]);
    expect(missingParts({ ...none!, what: "" })).toEqual(["a first sentence that says what it is"]);
    expect(missingParts(none!)).toEqual([]);
    expect(missingParts(around!)).toEqual(['a line "Use it …"']);
  });
});

describe("sentences", () => {
  it("ends none within brackets or after an abbreviation", () => {
    expect(sentences("One (a. b). Li et al. say 0.5. Three")).toEqual(["One (a. b).", "Li et al. say 0.5.", "Three"]);
  });
});
