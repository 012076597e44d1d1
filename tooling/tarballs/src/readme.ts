/** What a README promises a newcomer: the packages to install and the program to run. */
export interface ReadmePromise {
  /** Package names of the `npm install …` lines before the program. */
  readonly install: readonly string[];
  /** The first block marked `ts`. */
  readonly example: string;
}

/** Reads the promise out of a README's text; throws when it makes none. */
export function readmePromise(text: string, file: string): ReadmePromise {
  const block = /^```ts\n([\s\S]*?)^```/m.exec(text);
  if (!block) throw new Error(`${file} has no block marked ts.`);
  const before = text.slice(0, block.index);
  const install = [...before.matchAll(/^\s*npm (?:install|i) ([^\n#]+)/gm)].flatMap(([, words]) => words!.trim().split(/\s+/));
  if (install.length === 0) throw new Error(`${file} has no line "npm install …" before its example.`);
  return { install: [...new Set(install.filter((word) => !word.startsWith("-")))], example: block[1]! };
}
