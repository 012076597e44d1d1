// Holds the scores of alignLabels against label pairs of three public intent sets that were judged one by one.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { nameOf, type TrainingData } from "@quaterion/core";
import { alignLabels, combine, labeled, readCsv } from "@quaterion/datasets";
import { hashingEncoder, textEncoder } from "@quaterion/encoders";
import judged from "./judged.json" with { type: "json" };

const usage = `Usage: npm run bench -- align --intents <folder> [options]

Proposes relations between the labels of BANKING77, CLINC150 and HWU64 (folders banking77, clinc150 and hwu64 with CSV files of text and label)
and says how many of the proposals of each score are right by these judgements. Pairs that could be argued over are left out.

  --train train.csv     name of the training file in each folder
  --encoder hashing     or a sentence encoder's folder or hub name
  --json <file>         the figures as JSON`;

const { values: options } = parseArgs({
  options: {
    intents: { type: "string" },
    train: { type: "string", default: "train.csv" },
    encoder: { type: "string", default: "hashing" },
    json: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});
type Kind = "same" | "narrower" | "broader" | "unclear";
const judgements = new Map<string, Kind>();
for (const [sets, kinds] of Object.entries(judged as unknown as Record<string, Record<Kind, [string, string][]>>))
  for (const [kind, pairs] of Object.entries(kinds)) for (const [a, b] of pairs) judgements.set(`${sets} ${a} ${b}`, kind as Kind);

async function main(intents: string): Promise<void> {
  const names = ["banking77", "clinc150", "hwu64"];
  const parts: Record<string, TrainingData<string>> = {};
  for (const name of names) {
    const rows = await readCsv(join(intents, name, options.train), { columns: ["text", "label"] });
    parts[name] = labeled(rows, { value: "text", label: "label" });
  }
  const data = combine(parts, { suspectIdenticalTexts: false }) as TrainingData<string>;
  const encoder = options.encoder === "hashing" ? hashingEncoder() : await textEncoder(options.encoder);
  const embeddings = await encoder.encode(data.values);
  const started = performance.now();
  const proposals = alignLabels(data, { embeddings, leastScore: 0.2 });
  const seconds = (performance.now() - started) / 1000;

  const judgedProposals = proposals.flatMap(({ a, b, relation, score }) => {
    const sets = `${a.slice(0, a.indexOf("/"))}-${b.slice(0, b.indexOf("/"))}`;
    const judgement = judgements.get(`${sets} ${nameOf(a)} ${nameOf(b)}`);
    return judgement === "unclear" ? [] : [{ score, right: judgement === relation, related: judgement !== undefined }];
  });
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const table = [0.8, 0.6, 0.4, 0.2].map((from) => {
    const within = judgedProposals.filter(({ score }) => score >= from && score < from + 0.2 + (from === 0.8 ? 1 : 0));
    return {
      from,
      proposals: within.length,
      "mean score": mean(within.map(({ score }) => score)).toFixed(2),
      right: mean(within.map(({ right }) => Number(right))).toFixed(2),
      "related somehow": mean(within.map(({ related }) => Number(related))).toFixed(2),
    };
  });
  console.log(
    `${encoder.name}, ${options.train}: ${proposals.length} proposals in ${seconds.toFixed(1)} s, ${judgedProposals.length} of them judged`,
  );
  console.table(table);
  const known = [...judgements.values()].filter((kind) => kind !== "unclear").length;
  const found = judgedProposals.filter(({ right, score }) => right && score >= 0.3).length;
  console.log(`Of ${known} pairs that were judged related, ${found} are proposed rightly from a score of 0.3 on.`);
  if (options.json)
    writeFileSync(
      options.json,
      `${JSON.stringify({ encoder: encoder.name, train: options.train, table, known, found, seconds }, null, 2)}\n`,
    );
}

if (options.help || options.intents === undefined) {
  console.log(usage);
  process.exitCode = options.help ? 0 : 1;
} else
  void main(options.intents).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
