import { combine, labeled } from "@quaterion/datasets";
import { expect, it } from "vitest";
import { sameNamesNote } from "../src/same-names.js";

const of = (...labels: string[]) =>
  labeled(
    labels.map((label) => ({ text: `text of ${label}`, label })),
    { value: "text", label: "label" },
  );

it("names labels of one name that nobody declared anything about", () => {
  const [a, b] = [of("lost", "rate", "pay"), of("lost", "rate", "stop")];
  expect(sameNamesNote(combine({ a, b }))).toMatch(
    /^2 label names, such as "lost", are in several sets: they are taken for different answers/,
  );
  expect(sameNamesNote(combine({ a, b }, { relations: { same: [["a/lost", "b/lost"]] } }))).toMatch(
    /^The label name "rate" is in several sets/,
  );
  const declared = { same: [["a/lost", "b/lost"]], disjoint: [["a/rate", "b/rate"]] } as const;
  expect(sameNamesNote(combine({ a, b }, { relations: declared }))).toBeUndefined();
  expect(sameNamesNote(combine({ a }))).toBeUndefined();
});
