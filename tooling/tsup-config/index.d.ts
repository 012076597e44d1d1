import type { Options } from "tsup";
/** The build of every package: ESM only, one file an entry, types beside it. */
export declare function packageBuild(options?: Partial<Options>): Options;
