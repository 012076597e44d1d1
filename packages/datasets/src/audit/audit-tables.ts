import { nameOf } from "@quaterion/core";
import { checkReport, count } from "./audit-findings.js";
import type { AuditReport, SharedTexts } from "./report.js";

/** One table of an audit: the terminal and the page show the same ones. */
export interface AuditTable {
  readonly title: string;
  /** What the table says, for who has not read the manual. */
  readonly note: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What was looked for and not found, where there are no rows. */
  readonly none: string;
}

/** The tables of an audit, the sizes first; those without rows too. */
export function auditTables(report: AuditReport): AuditTable[] {
  checkReport(report);
  const { spaces, balance, identical, conflicts, leaks, aliases, neighbors } = report;
  const more = sum(identical.normalized) - sum(identical.exact);
  const tables: AuditTable[] = [
    {
      title: "The data",
      note: "How many examples each set has, and its labels with the fewest and the most.",
      head: ["part", "set", "examples", "labels", "fewest", "most", "batches"],
      rows: spaces.map(({ set, space, rows, labels, smallest, largest }) => {
        const share = set === "train" && balance.length > 1 ? balance.find((each) => each.space === space) : undefined;
        const of = (each: { label: string; rows: number }) => `${count(each.rows)} (${each.label})`;
        return [
          set,
          space,
          count(rows),
          count(labels),
          of(smallest),
          of(largest),
          share ? `${Math.round(share.shareOfBatches * 100)} %` : "",
        ];
      }),
      none: "",
    },
    {
      title: "Test texts that are in the training data",
      note: `Same: word for word. Spelling: equal but for case, spaces and punctuation.${neighbors ? " Nearly: reads nearly the same." : ""}`,
      head: ["test set", "training set", "same", "spelling", ...(neighbors ? ["nearly"] : []), "an example"],
      rows: leaks.map((leak) => [
        leak.test,
        leak.train,
        count(leak.exact),
        count(leak.normalized - leak.exact),
        ...(neighbors ? [count(leak.nearRows.length)] : []),
        leak.example,
      ]),
      none: "test texts that are in the training data",
    },
    {
      title: "Texts with two labels of one set",
      note: "Equal but for case, spaces and punctuation.",
      head: ["texts", "label", "other label", "an example"],
      rows: shared(conflicts),
      none: "texts with two labels of one set",
    },
    {
      title: "Texts with labels of two sets",
      note: `The sets may use different words for one thing.${more > 0 ? ` ${count(more)} more when case, spaces and punctuation are left out of account.` : ""}`,
      head: ["texts", "label", "label of the other set", "an example"],
      rows: shared(identical.exact.length > 0 ? identical.exact : identical.normalized),
      none: "texts with labels of two sets",
    },
    {
      title: "Labels of two sets that may mean the same",
      note: "By texts they share, or because their texts are alike on average (1 is the most). Only a person can tell: nothing is taken as the same.",
      head: ["label", "label of the other set", "shared texts", "alike"],
      rows: aliases.map(({ a, b, identicalTexts, centroidSimilarity }) => [
        a,
        b,
        count(identicalTexts),
        centroidSimilarity?.toFixed(2) ?? "",
      ]),
      none: "labels of two sets that may mean the same",
    },
  ];
  if (!neighbors) return tables;
  const sampled = neighbors.compared.filter(({ rows, of }) => rows < of);
  const part = sampled.map(({ space, rows, of }) => ` Of "${space}", ${count(rows)} of ${count(of)} texts were looked at.`).join("");
  return [
    ...tables,
    {
      title: "Nearly equal texts with different labels",
      note: `Alike: 1 is the most; listed from ${neighbors.nearSimilarity} on.${part}`,
      head: ["alike", "set", "label", "text", "other label", "its text"],
      rows: neighbors.conflicts.map(({ space, similarity, a, b }) => [similarity.toFixed(3), space, a.label, a.text, b.label, b.text]),
      none: "nearly equal texts with different labels",
    },
    {
      title: "Texts that may be labelled wrong",
      note: `Votes: how many of the most similar texts carry the suggested label. A small label beside a large one is outvoted easily.${part}`,
      head: ["votes", "set", "labelled", "suggested", "text"],
      rows: neighbors.disputed.map(({ votes, of, space, label, suggested, text }) => [`${votes} of ${of}`, space, label, suggested, text]),
      none: "texts that may be labelled wrong",
    },
  ];
}

function shared(all: readonly SharedTexts[]): string[][] {
  return all.map(({ a, b, texts, example }) => [count(texts), a, sameSpace(a, b) ? nameOf(b) : b, example]);
}

function sameSpace(a: string, b: string): boolean {
  return a.slice(0, a.indexOf("/")) === b.slice(0, b.indexOf("/"));
}

function sum(all: readonly SharedTexts[]): number {
  return all.reduce((total, { texts }) => total + texts, 0);
}
