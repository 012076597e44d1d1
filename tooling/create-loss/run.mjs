// Writes a package with one loss and its test, ready to be published from anywhere. Usage: node run.mjs <name> [options]; see --help.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const usage = `Usage: npm run create-loss -- <name> [options]

Writes a package with one loss, its test and a README into a new folder. The name is of letters and digits, as my-loss or myLoss.

  --folder <path>   where to (default: the name, below the current folder)
  --reads <what>    relations (default): labels, groups or pairs; classes; scores of given pairs; views of the same records`;

const kinds = {
  relations: { define: "defineRelationLoss", laws: "relationLossLaws" },
  classes: { define: "defineClassLoss", laws: "classLossLaws" },
  scores: { define: "defineScoreLoss", laws: "scoreLossLaws" },
  views: { define: "defineViewLoss", laws: "viewLossLaws" },
};

/** Words of JavaScript that a constant can't be named. */
const reserved =
  "await break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield".split(
    " ",
  );

function fail(message) {
  console.error(`${message}\n\n${usage}`);
  process.exit(1);
}

let parsed;
try {
  parsed = parseArgs({
    options: { folder: { type: "string" }, reads: { type: "string", default: "relations" }, help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
} catch (error) {
  fail(error.message);
}
const { values: options, positionals } = parsed;
if (options.help) {
  console.log(usage);
  process.exit(0);
}
const [given, ...more] = positionals;
if (given === undefined || more.length > 0)
  fail(`Expected one name; received ${positionals.length === 0 ? "none" : positionals.join(" ")}.`);
if (!/^[a-z][a-zA-Z0-9]*(-[a-z0-9]+)*$/.test(given))
  fail(`The name must be of letters and digits and begin with a small letter, as my-loss or myLoss; received "${given}".`);
if (!Object.hasOwn(kinds, options.reads)) fail(`--reads must be one of ${Object.keys(kinds).join(", ")}; received "${options.reads}".`);

const kebab = given.replace(/[A-Z]+(?![a-z])|[A-Z]/g, (letters) => `-${letters.toLowerCase()}`);
const camel = given.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
if (reserved.includes(camel)) fail(`"${camel}" is a word of JavaScript: choose another name.`);
// Where the user stood: npm and pnpm run scripts in the package's folder.
const from = process.env.INIT_CWD ?? process.cwd();
const folder = resolve(from, options.folder ?? kebab);
if (existsSync(folder) && readdirSync(folder).length > 0) fail(`${folder} is not empty: nothing was written. Name another with --folder.`);

const here = dirname(fileURLToPath(import.meta.url));
const { define, laws } = kinds[options.reads];
const { version } = JSON.parse(readFileSync(join(here, "..", "..", "packages", "losses", "package.json"), "utf8"));
const words = { "my-loss": kebab, myLoss: camel, "My loss:": `${camel}:`, DEFINE: define, LAWS: laws, VERSION: `^${version}` };
const named = (text) => Object.entries(words).reduce((now, [word, put]) => now.replaceAll(word, put), text);
const files = {
  "README.md": join("common", "README.md"),
  "package.json": join("common", "package.json.txt"),
  "tsconfig.json": join("common", "tsconfig.json.txt"),
  "tsconfig.build.json": join("common", "tsconfig.build.json.txt"),
  [join("src", "my-loss.ts")]: join(options.reads, "my-loss.ts"),
  [join("src", "my-loss.test.ts")]: join(options.reads, "my-loss.test.ts"),
};
for (const [to, source] of Object.entries(files)) {
  const path = join(folder, named(to));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, named(readFileSync(join(here, "template", source), "utf8")));
}

const shown = relative(from, folder) || ".";
console.log(`${camel}, a loss on ${options.reads}, is in ${folder}. Next:

  cd ${shown.startsWith("..") ? folder : shown}
  npm install
  npm test                  # @quaterion/testing's laws: they hold for the loss as it was written

Then write your formula into src/${kebab}.ts, and the same in plain loops as the oracle in src/${kebab}.test.ts: the README says how.`);
