import { fileURLToPath } from "node:url";

/** A file or folder that comes with the app. */
export const embedded = (file: string): string => fileURLToPath(new URL(`../data/${file}`, import.meta.url));

/** The three data sets that come with the app. */
export const embeddedSets: readonly string[] = ["bank", "assistant", "shop"].map(embedded);
