import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { writeFileAtomic } from "@quaterion/core/node";
import { auditData, auditPage, formatAudit } from "@quaterion/datasets";
import type { Command } from "commander";
import { checkFolderOf } from "./check-files.js";
import { type DataOptions, share, withDataOptions } from "./data-options.js";
import { embedded, embeddedSets, plantedNote } from "./embedded-sets.js";
import { encodeParts } from "./encode-parts.js";
import { readDeclarations, readPart } from "./read-sets.js";
import type { Screen } from "./screen.js";

interface AuditCommandOptions extends DataOptions {
  readonly test?: string;
  readonly relations?: string;
  readonly page?: string;
  readonly json?: string;
  readonly meaning: boolean;
  readonly near?: number;
}

/** `npm start -- audit`: looks data sets over before they are trained on, and changes nothing. */
export function auditCommand(command: Command, screen: Screen): Command {
  return withDataOptions(command)
    .description("look data sets over: test texts that were trained on, wrong or missing labels, sets that drown")
    .option("--test <file>", "name of the test file in each folder (default: test.csv, where every folder has one)")
    .option("--relations <file>", "what is known across sets: such labels are not suspected to mean the same any more")
    .option("--no-meaning", "compare texts by their letters only, not by meaning: nothing has to be encoded")
    .option("--near <number>", "from what similarity on, 0 to 1, two texts are nearly the same (default: 0.95)", share)
    .option("--page <file>", "write a page to read in a browser")
    .option("--json <file>", "write all that was found as JSON")
    .action((options: AuditCommandOptions) => audit(options, screen));
}

async function audit(options: AuditCommandOptions, screen: Screen): Promise<void> {
  await checkFolderOf("--page", options.page);
  await checkFolderOf("--json", options.json);
  const train = await readPart(options, options.train);
  const withTest = options.test !== undefined || options.data.every((folder) => existsSync(join(folder, "test.csv")));
  const test = withTest ? await readPart(options, options.test ?? "test.csv") : {};
  const relations = await readDeclarations(
    options.relations ?? (options.data === embeddedSets ? embedded("relations.json") : undefined),
    train,
  );
  const [trainVectors, testVectors] = options.meaning ? await encodeParts(options.encoder, [train, test], screen) : [];
  const report = await screen.work("comparing texts", async (onProgress) =>
    auditData(
      { train, test },
      {
        relations,
        nearSimilarity: options.near,
        onProgress,
        ...(trainVectors && { embeddings: { train: trainVectors, test: testVectors! } }),
      },
    ),
  );
  screen.line(formatAudit(report));
  if (options.data === embeddedSets) screen.line(plantedNote);
  if (!withTest)
    screen.line("No test.csv was found in every folder, so only the training texts were looked at: --test names another file.");
  if (report.aliases.length > 0)
    screen.line(
      "Which labels of two sets mean the same is proposed, in a file to edit, by: npm start -- align --data … --data … --out relations.json",
    );
  if (options.page !== undefined) {
    await writeFileAtomic(options.page, auditPage(report, { title: `What is in ${Object.keys(train).join(", ")}` }));
    screen.line(`The whole of it, to read in a browser: ${resolve(options.page)}`);
  }
  if (options.json !== undefined) {
    await writeFileAtomic(options.json, `${JSON.stringify(report, null, 2)}\n`);
    screen.line(`The whole of it, as JSON: ${resolve(options.json)}`);
  }
  screen.line("Nothing was changed or left out of your files.");
}
