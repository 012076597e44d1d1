import { reject } from "@quaterion/core";
import type { AuditReport } from "./report.js";

/** One thing to know about the data, in words for whoever owns it. */
export interface AuditFinding {
  readonly about:
    | "leaks"
    | "near leaks"
    | "conflicts"
    | "untrained labels"
    | "sets with one label"
    | "labels as many as texts"
    | "single examples"
    | "few examples"
    | "drowned sets"
    | "labels that may mean the same"
    | "near conflicts"
    | "disputed labels";
  /** `mend`: results will be worse or wrong. `look`: a person should decide. */
  readonly weight: "mend" | "look";
  /** What was found, a sentence. */
  readonly what: string;
  /** What it does and what to do about it. */
  readonly advice: string;
}

/** What an audit found that a person should act on or decide, what matters most first; empty where nothing stands out. */
export function auditFindings(report: AuditReport): AuditFinding[] {
  checkReport(report);
  const { spaces, untrained, balance, conflictingTexts: conflicting, aliases, falseNegatives, neighbors, fewExamples } = report;
  const found: AuditFinding[] = [...labelFindings(report), ...leakFindings(report)];
  if (conflicting > 0)
    found.push({
      about: "conflicts",
      weight: "mend",
      what: `${count(conflicting, "text")} ${conflicting === 1 ? "carries" : "carry"} several labels of one set.`,
      advice: "Training pulls such a text both ways. Keep the label that is right.",
    });
  if (untrained.length > 0)
    found.push({
      about: "untrained labels",
      weight: "mend",
      what: `${count(untrained.length, "test label")} ${be(untrained.length)} missing from the training data: ${listed(untrained.map(({ space, label }) => `${space}/${label}`))}.`,
      advice: "No answer to their test texts can be right. Add training examples, or check the spelling.",
    });
  for (const { set, space, singles, few } of spaces) {
    if (set !== "train") continue;
    if (singles.length > 0)
      found.push({
        about: "single examples",
        weight: "mend",
        what: `${count(singles.length, "label")} of "${space}" ${singles.length === 1 ? "has" : "have"} one example only: ${listed(singles)}.`,
        advice: "There is no second text to pull it towards, so training learns little about it. Add examples; five already help much.",
      });
    const others = few.filter(({ rows }) => rows > 1);
    if (others.length > 0)
      found.push({
        about: "few examples",
        weight: "look",
        what: `${count(others.length, "label")} of "${space}" ${others.length === 1 ? "has" : "have"} fewer than ${fewExamples} examples: ${listed(others.map(({ label, rows }) => `${label} (${rows})`))}.`,
        advice: "Answers with these labels will be the least sure. More examples of them help most.",
      });
  }
  const largest = balance[0]?.space;
  for (const { space, drowned, outnumbered, shareOfBatches, shareOfRows } of balance) {
    if (!drowned) continue;
    found.push({
      about: "drowned sets",
      weight: "look",
      what: `"${largest}" has ${count(Math.round(outnumbered))} times as many examples as "${space}".`,
      advice: `Training gives "${space}" ${percent(shareOfBatches)} of the batches for its ${percent(shareOfRows)} of the examples, so that it is not drowned; each of its examples then comes up ${(shareOfBatches / shareOfRows).toFixed(0)} times as often as in proportion. More examples of "${space}" would help more than that.`,
    });
  }
  if (aliases.length > 0)
    found.push({
      about: "labels that may mean the same",
      weight: "look",
      what: `${count(aliases.length, "pair")} of labels from different sets may mean the same, such as ${aliases[0]!.a} and ${aliases[0]!.b}.`,
      advice: `Taken as different, about ${count(Math.round(falseNegatives.perBatch))} of the ${count(Math.round(falseNegatives.of))} pairs of texts from two sets in a training batch would be pushed apart by mistake. Declare the pairs that are the same, and their examples help each other.`,
    });
  if (neighbors && neighbors.conflicts.length > 0)
    found.push({
      about: "near conflicts",
      weight: "look",
      what: `${count(neighbors.conflicts.length, "pair")} of nearly equal texts ${neighbors.conflicts.length === 1 ? "carries" : "carry"} different labels of one set.`,
      advice: "One of the two may be labelled wrong, or the labels overlap. Look at the list.",
    });
  if (neighbors && neighbors.disputed.length > 0)
    found.push({
      about: "disputed labels",
      weight: "look",
      what: `${count(neighbors.disputed.length, "text")} may be labelled wrong: nearly all of the most similar texts carry another label.`,
      advice: "Look at the list, from the top: the clearest come first. Correct what is wrong; leave what is right.",
    });
  return found.sort((a, b) => (a.weight === b.weight ? 0 : a.weight === "mend" ? -1 : 1));
}

/** Sets whose labels are no labels, as far as one can see: what else is found in them follows from that. */
function labelFindings({ spaces }: AuditReport): AuditFinding[] {
  return spaces.flatMap(({ set, space, rows, labels }): AuditFinding[] => {
    if (set === "train" && labels > 10 && labels > rows / 2)
      return [
        {
          about: "labels as many as texts",
          weight: "mend",
          what: `"${space}" has ${count(labels)} labels for ${count(rows)} texts.`,
          advice:
            "Texts and labels may be in each other's column, or the wrong column was named. A label needs several texts to be learnt from.",
        },
      ];
    if (set === "train" && labels === 1)
      return [
        {
          about: "sets with one label",
          weight: "mend",
          what: `"${space}" has one label only.`,
          advice:
            "There is nothing to tell it from, so no model can be trained on this set alone. Add texts of a second label, or name the right column.",
        },
      ];
    return [];
  });
}

/** One finding for each test set and kind: what matters is how many of its texts are known, not from where. */
function leakFindings({ leaks }: AuditReport): AuditFinding[] {
  return [...new Set(leaks.map(({ test }) => test))].flatMap((test) => {
    const own = leaks.filter((leak) => leak.test === test);
    const known = new Set(own.flatMap(({ rows }) => rows));
    const near = [...new Set(own.flatMap(({ nearRows }) => nearRows))].filter((row) => !known.has(row)).length;
    const from = listed(own.filter(({ rows }) => rows.length > 0).map(({ train, rows }) => `${count(rows.length)} in "${train}"`));
    const of = `of the ${count(own[0]!.of)} test texts of "${test}"`;
    const found: AuditFinding[] = [];
    if (known.size > 0)
      found.push({
        about: "leaks",
        weight: "mend",
        what: `${count(known.size)} ${of} ${be(known.size)} in the training data too: ${from}.`,
        advice: `A model trained on them has seen the answers, so accuracy on "${test}" will look better than it is. Take them out of one of the two files.`,
      });
    if (near > 0)
      found.push({
        about: "near leaks",
        weight: "look",
        what: `${count(near)}${known.size > 0 ? " more" : ""} ${of} ${near === 1 ? "reads" : "read"} nearly like a training text.`,
        advice:
          "Where users write like that, it is no fault. Where the same person wrote both, accuracy on new texts will be lower than on these.",
      });
    return found;
  });
}

/** 12345 as "12,345"; with a noun, "1 text" and "2 texts". */
export function count(number: number, noun?: string): string {
  const written = number.toLocaleString("en-US");
  return noun === undefined ? written : `${written} ${noun}${number === 1 ? "" : "s"}`;
}

function be(number: number): string {
  return number === 1 ? "is" : "are";
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function listed(all: readonly string[], most = 3): string {
  return all.length <= most ? all.join(", ") : `${all.slice(0, most).join(", ")} and ${all.length - most} more`;
}

/** Refuses what `auditData` did not make. */
export function checkReport(report: AuditReport): void {
  if (!Array.isArray(report?.spaces) || !report.identical) reject("report", "what `auditData` returned", report);
}
