/** What a README promises a newcomer: the packages to install and the program to run. */
export interface ReadmePromise {
  /** Package names of the first `npm install …` line. */
  readonly install: readonly string[];
  /** The first block marked `ts`. */
  readonly example: string;
}

/** Reads the promise out of a README's text; throws when it makes none. */
export function readmePromise(text: string, file: string): ReadmePromise {
  const install = /^\s*npm (?:install|i) ([^\n]+)$/m.exec(text)?.[1];
  const example = /^```ts\n([\s\S]*?)^```/m.exec(text)?.[1];
  if (!install) throw new Error(`${file} has no line "npm install …".`);
  if (!example) throw new Error(`${file} has no block marked ts.`);
  return { install: install.split(/\s+/).filter((word) => word !== "" && !word.startsWith("-")), example };
}
