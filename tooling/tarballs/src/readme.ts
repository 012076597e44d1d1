/** What a README promises a newcomer: the packages to install and the programs to run. */
export interface ReadmePromise {
  /** Package names of the `npm install …` lines before the first program. */
  readonly install: readonly string[];
  /** The blocks marked `ts`, in order. Each is a module of its own; a later one may read the files that an earlier one wrote. */
  readonly examples: readonly string[];
}

/** Reads the promise out of a README's text; throws when it makes none. */
export function readmePromise(text: string, file: string): ReadmePromise {
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)];
  const [first] = blocks;
  if (!first) throw new Error(`${file} has no block marked ts.`);
  const before = text.slice(0, first.index);
  const install = [...before.matchAll(/^\s*npm (?:install|i) ([^\n#]+)/gm)].flatMap(([, words]) => words!.trim().split(/\s+/));
  if (install.length === 0) throw new Error(`${file} has no line "npm install …" before its example.`);
  return { install: [...new Set(install.filter((word) => !word.startsWith("-")))], examples: blocks.map(([, example]) => example!) };
}

/** Names of the packages that programs import, without the entry within them. */
export function importedPackages(programs: readonly string[]): string[] {
  const names = programs.flatMap((text) =>
    [...text.matchAll(/^import (?:[^"]* from )?"((?:@[^/"]+\/)?[^/":.]+)[^":.]*"/gm)].map(([, name]) => name!),
  );
  return [...new Set(names)];
}
