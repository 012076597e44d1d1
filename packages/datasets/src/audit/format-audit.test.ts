import { describe, expect, it } from "vitest";
import { labeled } from "../labeled.js";
import { auditData } from "./audit-data.js";
import { auditFindings } from "./audit-findings.js";
import { auditPage } from "./audit-page.js";
import { formatAudit } from "./format-audit.js";

const of = (samples: readonly (readonly [string, string])[]) =>
  labeled(
    samples.map(([text, label]) => ({ text, label })),
    { value: "text", label: "label" },
  );
const set = (label: string, count: number) => Array.from({ length: count }, (_, i) => [`${label} ${i}`, label] as const);
const banking = of([...set("card", 6), ["hello", "greet"], ["HELLO!", "welcome"], ["hey", "greet"], ...set("rate", 8)]);
const assistant = of([...set("alarm", 7), ["hello", "hi"], ["card 0!", "hi"], ["one", "single"], ...set("few", 4), ...set("many", 300)]);
const vectors = (rows: number) => Float32Array.from({ length: rows * 2 }, (_, at) => (at % 2 ? Math.sin(at / 9) : Math.cos(at / 9)));
const found = {
  train: { banking, assistant },
  test: {
    banking: of([
      ["card 0", "card"],
      ["what now", "other"],
    ]),
    assistant: of([
      ["ALARM 1", "alarm"],
      ["new", "hi"],
    ]),
  },
};
const options = {
  embeddings: { train: { banking: vectors(banking.values.length), assistant: vectors(assistant.values.length) } },
  drownedBy: 10,
};
const report = auditData(found, options);
const clean = auditData({ train: { a: of([...set("x", 6), ...set("y", 6)]) }, test: { a: of([["new", "x"]]) } });

describe("auditFindings", () => {
  it("tells what matters in plain words, what must be mended first", () => {
    const findings = auditFindings(report);
    const of = (about: string) => findings.filter((each) => each.about === about).map(({ what }) => what);
    expect(of("leaks")).toEqual([
      '1 of the 2 test texts of "banking" is in the training data too: 1 in "banking", 1 in "assistant".',
      '1 of the 2 test texts of "assistant" is in the training data too: 1 in "assistant".',
    ]);
    expect(of("conflicts")).toEqual(["1 text carries several labels of one set."]);
    expect(of("untrained labels")).toEqual(["1 test label is missing from the training data: banking/other."]);
    expect(of("single examples")).toEqual([
      '1 label of "banking" has one example only: welcome.',
      '1 label of "assistant" has one example only: single.',
    ]);
    expect(of("few examples")).toEqual([
      '1 label of "banking" has fewer than 5 examples: greet (2).',
      '2 labels of "assistant" have fewer than 5 examples: hi (2), few (4).',
    ]);
    expect(of("drowned sets")).toEqual(['"assistant" has 18 times as many examples as "banking".']);
    expect(of("labels that may mean the same")[0]).toMatch(/^\d pairs? of labels from different sets may mean the same, such as banking\//);
    expect(of("near conflicts")[0]).toMatch(/nearly equal texts/);
    expect(of("disputed labels")[0]).toMatch(/may be labelled wrong/);
    const weights = findings.map(({ weight }) => weight);
    expect(weights).toEqual(
      [...weights]
        .sort()
        .reverse()
        .sort((a, b) => (a === b ? 0 : a === "mend" ? -1 : 1)),
    );
    for (const { what, advice } of findings) expect(`${what} ${advice}`).not.toMatch(/undefined|NaN|Infinity|centroid|withSuspected|alias/);
  });

  it("tells that a set has one label only", () => {
    const findings = auditFindings(auditData({ train: { a: of(set("x", 6)), b: of([...set("y", 6), ...set("z", 6)]) } }));
    expect(findings.map(({ weight, what }) => `${weight}: ${what}`)).toEqual(['mend: "a" has one label only.']);
  });

  it("tells that texts and labels may be in each other's column", () => {
    const swapped = of([...set("x", 6), ...set("y", 6)].map(([text, label]) => [label, text] as const));
    const findings = auditFindings(auditData({ train: { a: swapped } }));
    expect(findings.map(({ weight, what }) => `${weight}: ${what}`)).toContain('mend: "a" has 12 labels for 12 texts.');
  });

  it("tells near leaks from texts that are the same", () => {
    const a = of([
      ["the card", "x"],
      ["my bank", "y"],
    ]);
    const test = of([
      ["My card!", "x"],
      ["my cards", "x"],
      ["my banks", "y"],
    ]);
    const embeddings = {
      train: { a: Float32Array.of(1, 0, 0, 1), b: Float32Array.of(1, 0, -1, 0) },
      test: { a: Float32Array.of(1, 0, 1, 0.01, 0, 1) },
    };
    // The first text is known from the second set: it is not told again as near to one of the first.
    const b = of([
      ["my card", "z"],
      ["elsewhere", "w"],
    ]);
    const all = auditFindings(auditData({ train: { a, b }, test: { a: test } }, { embeddings })).map(
      ({ weight, what }) => `${weight}: ${what}`,
    );
    expect(all.slice(0, 1)).toEqual(['mend: 1 of the 3 test texts of "a" is in the training data too: 1 in "b".']);
    expect(all).toContain('look: 2 more of the 3 test texts of "a" read nearly like a training text.');
  });

  it("says nothing where nothing stands out", () => {
    expect(auditFindings(clean)).toEqual([]);
  });
});

describe("formatAudit", () => {
  it("fits a terminal of 100 columns, whatever the names", () => {
    const long = of(Array.from({ length: 30 }, (_, i) => [`${"long text ".repeat(20)}${i >> 1}`, `${"label".repeat(30)}${i}`] as const));
    const text = formatAudit(auditData({ train: { long, ["name".repeat(40)]: long }, test: { long } }));
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect(text).toContain("and 50 more"); // 15 texts, each under two labels here and two there: 60 pairs of labels
  });

  it("shows sizes, what to know and the lists, and says what was looked for and not found", () => {
    const text = formatAudit(report);
    expect(text).toMatch(/train +banking +17 +4 +1 \(welcome\) +8 \(rate\) +19 %/);
    expect(text).toMatch(/What to know\n {2}- 1 of the 2 test texts/);
    expect(text).toMatch(/banking +banking +1 +0 +0 +card 0\n/);
    expect(formatAudit(clean)).toMatch(
      /What to know\n {2}Nothing stands out\.\n\nLooked for and not found: test texts that are in the\s+training data;/,
    );
  });

  it("says the same whatever the order of keys, and after a trip through JSON", () => {
    expect(formatAudit(JSON.parse(JSON.stringify(report)))).toBe(formatAudit(report));
  });
});

describe("auditPage", () => {
  it("needs nothing from elsewhere and runs nothing", () => {
    const page = auditPage(report);
    expect(page).not.toMatch(/<script|<link|<img|https?:|@import|url\(/i);
    expect(page).toContain("default-src 'none'");
  });

  it("is well formed: every element that is opened is closed, in order", () => {
    const stack: string[] = [];
    for (const [, closing, name] of auditPage(report).matchAll(/<(\/?)([a-z0-9]+)[^>]*>/g)) {
      if (name === "meta") continue;
      if (closing) expect(stack.pop()).toBe(name);
      else stack.push(name!);
    }
    expect(stack).toEqual([]);
  });

  it("shows every finding, and each leaked text beside the one it equals", () => {
    const page = auditPage(report, { title: "My data" });
    expect(page).toContain("<h1>My data</h1>");
    for (const { what } of auditFindings(report)) expect(page).toContain(what.replaceAll('"', "&quot;"));
    expect(page).toMatch(/<td>spelling<\/td><td>ALARM 1 \(assistant 1\)<\/td><td>alarm<\/td><td>alarm 1 \(assistant 2\)<\/td>/);
  });

  it("escapes what the data holds, and the title", () => {
    const evil = `<script>alert("&")</script>`;
    const data = of([
      [evil, evil],
      [evil, "b"],
    ]);
    const page = auditPage(auditData({ train: { a: data }, test: { a: data } }), { title: evil });
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;");
  });

  it("holds as many rows of a list as it is told, and says how many are left", () => {
    const data = of(Array.from({ length: 100 }, (_, i) => [`${i >> 1}`, `l${i}`] as const));
    const rows = (most: number) => auditPage(auditData({ train: { a: data } }), { most });
    expect(rows(20).match(/<td>a\/l\d+<\/td><td>l\d+<\/td>/g)).toHaveLength(20);
    expect(rows(20)).toContain("and 30 more, in the JSON file");
    expect(rows(50)).not.toContain("in the JSON file");
  });

  it("refuses options that it does not have", () => {
    expect(() => auditPage(report, { titel: "x" } as never)).toThrow(/titel.*title/);
  });
});
