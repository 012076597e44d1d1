import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import type { AlignmentFile, AuditReport } from "@quaterion/datasets";
import { describe, expect, it } from "vitest";
import { program } from "./program.js";
import { useSmallSets } from "./use-small-sets.js";

const sets = useSmallSets();
const { file } = sets;
const data = () => ["--data", sets.bank, "--data", sets.home];

describe("the audit command", () => {
  it("prints what it found, writes the page and the JSON, and changes nothing", async () => {
    await writeFile(file("bank/test.csv"), "text,label\nI lost my card!,lost_card\nsend tom twenty,transfer\n");
    const before = await readFile(file("bank/train.csv"), "utf8");
    const { code, out, err } = await program(
      "audit",
      ...data(),
      "--encoder",
      "hashing",
      "--page",
      file("a.html"),
      "--json",
      file("a.json"),
    );
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain('1 of the 2 test texts of "bank" is in the training data too: 1 in "bank".');
    expect(out).toContain('1 label of "home" has one example only: heating.');
    expect(out).toContain(file("a.html"));
    const report: AuditReport = JSON.parse(await readFile(file("a.json"), "utf8"));
    expect(report.leaks.map(({ rows }) => rows)).toEqual([[0]]);
    expect(report.neighbors).toBeDefined();
    expect(await readFile(file("a.html"), "utf8")).toContain("I lost my card!");
    expect(await readFile(file("bank/train.csv"), "utf8")).toBe(before);
  });

  it("reads sets whose columns have other names, each by its own", async () => {
    const text = await readFile(file("home/train.csv"), "utf8");
    await mkdir(file("told"));
    await writeFile(file("told/train.csv"), text.replace("text,label", "utterance,intent"));
    const run = (...more: string[]) =>
      program("audit", "--data", sets.bank, "--data", file("told"), "--encoder", "hashing", "--no-meaning", ...more);
    const { code, out, err } = await run("--text", "told=utterance", "--label", "told=intent");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/train {2}told +13 +4/);
    expect((await run("--text", "utterance", "--text", "bank=text", "--label", "intent", "--label", "bank=label")).code).toBe(0);
    expect((await run("--text", "told=utterance")).err).toMatch(/told\/train\.csv.*column "label"/);
    expect((await run("--text", "tld=utterance")).err).toContain(
      '`--text tld=utterance` is for the set "tld", which `--data` does not name. Did you mean "told"?',
    );
    expect((await run("--label", "told=")).err).toContain('Expected a column, or set=column; received "told=".');
  });

  it("does not suspect what is declared", async () => {
    const suspects = async (...more: string[]) => {
      const { code, out, err } = await program("audit", ...data(), "--encoder", "hashing", "--json", file("c.json"), ...more);
      expect([code, err]).toEqual([0, ""]);
      const report: AuditReport = JSON.parse(await readFile(file("c.json"), "utf8"));
      expect(out.includes("npm start -- align")).toBe(report.aliases.length > 0);
      return report.aliases.map(({ a, b }) => `${a} ${b}`);
    };
    const [first] = await suspects();
    await writeFile(file("known.json"), JSON.stringify({ same: [first!.split(" ")] }));
    expect(await suspects("--relations", file("known.json"))).not.toContain(first);
  });

  it("compares letters alone where it is told to, and needs no test file", async () => {
    await rm(file("bank/test.csv"));
    const { code, out } = await program("audit", ...data(), "--no-meaning", "--json", file("b.json"));
    expect(code).toBe(0);
    expect(out).toContain("No test.csv was found in every folder");
    expect(JSON.parse(await readFile(file("b.json"), "utf8")).neighbors).toBeUndefined();
  });

  it("says of the app's own sets that what it finds in them is there on purpose", async () => {
    const { code, err, out } = await program("audit", "--no-meaning");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("3 texts carry several labels of one set");
    expect(out).toMatch(/These three sets come with the app\..* on purpose/);
    expect((await program("audit", ...data(), "--no-meaning")).out).not.toContain("on purpose");
    expect((await program("audit", "--help")).out.replace(/\s+/g, " ")).toContain("the three sets that come with the app");
  });

  it.each([
    [() => ["--test", "tset.csv"], /tset\.csv/],
    [() => ["--page", file("none/a.html")], /--page.*none, which is no folder/],
    [() => ["--near", "2"], /--near.*from 0 to 1.*"2"/],
    [() => ["--encoder", "hasing"], /Did you mean "hashing"/],
    [() => ["--pge", "x"], /unknown option '--pge'[\s\S]*--page/],
  ])("says what is wrong: %#", async (argv, message) => {
    const { code, err } = await program("audit", ...data(), ...argv());
    expect(err).toMatch(message);
    expect(code).toBe(1);
  });
});

describe("the align command", () => {
  it("writes proposals that --relations takes, before and after a person accepts some", async () => {
    const written = await program("align", ...data(), "--encoder", "hashing", "--out", file("relations.json"), "--least-score", "0");
    expect([written.code, written.err]).toEqual([0, ""]);
    expect(written.out).toMatch(/bank\/\w+.*(is the same as|is a part of|contains).*home\/\w+/);
    expect(written.out).toContain("12 proposals with examples are in"); // 3 labels times 4
    const proposed: AlignmentFile = JSON.parse(await readFile(file("relations.json"), "utf8"));
    expect(proposed.proposals.every(({ accept }) => !accept)).toBe(true);
    const wanted = proposed.proposals.find(({ a, b }) => a === "bank/transfer" && b === "home/money")!;
    expect(wanted.examplesOfA.length).toBeGreaterThan(0);
    Object.assign(wanted, { accept: true, relation: "narrower" });
    await writeFile(file("relations.json"), JSON.stringify(proposed));

    // What was accepted is known from now on: it is kept, and neither it nor what it rules out is proposed again.
    const again = await program(
      "align",
      ...data(),
      "--encoder",
      "hashing",
      "--relations",
      file("relations.json"),
      "--out",
      file("more.json"),
      "--least-score",
      "0",
    );
    expect([again.code, again.err]).toEqual([0, ""]);
    const more: AlignmentFile = JSON.parse(await readFile(file("more.json"), "utf8"));
    expect(more.narrower).toEqual([["bank/transfer", "home/money"]]);
    expect(more.proposals.filter(({ a }) => a === "bank/transfer")).toEqual([]); // no other label of home can hold it
  });

  it("never writes over a file, which may hold edits", async () => {
    await writeFile(file("mine.json"), "{}");
    const { code, err } = await program("align", ...data(), "--encoder", "hashing", "--out", file("mine.json"));
    expect(err).toMatch(/mine\.json, which is there already: it may hold your edits/);
    expect(code).toBe(1);
    expect(await readFile(file("mine.json"), "utf8")).toBe("{}");
  });

  it.each([
    [() => ["--data", sets.bank, "--out", file("x.json")], /one set.*at least two/],
    [() => data(), /required option '--out <file>'/],
    [() => [...data(), "--out", file("none/x.json")], /--out.*none, which is no folder/],
    [() => [...data(), "--out", file("x.json"), "--least-score", "much"], /--least-score.*"much"/],
    [() => [...data(), "--out", file("x.json"), "--model", file("no-model")], /no-model/],
    [() => [...data(), "--out", file("x.json"), "--model", "a", "--encoder", "b"], /--model.*--encoder/],
  ])("says what is wrong: %#", async (argv, message) => {
    const { code, err } = await program("align", ...argv());
    expect(err).toMatch(message);
    expect(code).toBe(1);
  });
});

it.each([
  [
    '{ "same": [["bank/lost_crad", "home/money"]] }',
    /relations-x\.json: Pair 1 of "same".*the set "bank" has no label "lost_crad".*bank\/lost_card/,
  ],
  [
    '{ "same": [["bnak/lost_card", "home/money"]] }',
    /relations-x\.json: Pair 1 of "same".*the data has no set "bnak"\. Did you mean "bank\/lost_card"/,
  ],
  ['{ "proposals": [{ "accept": 1 }] }', /relations-x\.json: Proposal 1: "accept" must be true or false/],
  ['{ "sam": [] }', /relations-x\.json: "sam" is no kind of relation\. Did you mean "same"/],
  [
    '{ "same": [["bank/lost_card", "home/money"]], "disjoint": [["bank/lost_card", "home/money"]] }',
    /relations-x\.json: [\s\S]*bank\/lost_card[\s\S]*home\/money/,
  ],
])("relations that are wrong name the file and the entry: %s", async (text, message) => {
  await writeFile(file("relations-x.json"), text);
  await writeFile(file("bank/test.csv"), "text,label\na new text,lost_card\n");
  const { code, err } = await program(...data(), "--encoder", "hashing", "--relations", file("relations-x.json"));
  expect(err).toMatch(message);
  expect(code).toBe(1);
});
