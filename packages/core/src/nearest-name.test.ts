import { describe, expect, it } from "vitest";
import { nearestName, suggestion } from "./nearest-name.js";

describe("nearestName", () => {
  it("finds a name with one letter wrong, missing, added or swapped", () => {
    for (const wrong of ["temperatur", "temperatrue", "temperatuure", "tempezature", "Temperature"]) {
      expect(nearestName(wrong, ["margin", "temperature", "scale"])).toBe("temperature");
    }
  });

  it("finds nothing when no name is near", () => {
    expect(nearestName("colour", ["margin", "temperature"])).toBeUndefined();
    expect(nearestName("x", [])).toBeUndefined();
  });

  it("takes the nearest of several", () => {
    expect(nearestName("recal", ["recall", "reveal"])).toBe("recall");
  });
});

describe("suggestion", () => {
  it("lists the names when none is near, at most twenty", () => {
    expect(suggestion("colour", ["margin", "scale"])).toBe(' Known: "margin", "scale".');
    expect(
      suggestion(
        "zzzz",
        Array.from({ length: 25 }, (_, i) => `name${i}`),
      ),
    ).toMatch(/"name19", and 5 more\.$/);
    expect(suggestion("zzzz", [])).toBe("");
  });
});
