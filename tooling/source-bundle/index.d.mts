import type { BuildOptions, BuildResult } from "esbuild";

/** Bundles a program from the packages' source, as CommonJS for Node. @param folder the program's own, where its dependencies are installed */
export function bundleSource(folder: string, options: BuildOptions): Promise<BuildResult>;
