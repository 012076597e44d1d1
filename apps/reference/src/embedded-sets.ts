import { fileURLToPath } from "node:url";

/** A file or folder that comes with the app. */
export const embedded = (file: string): string => fileURLToPath(new URL(`../data/${file}`, import.meta.url));

/** Said below what an audit finds in them. */
export const plantedNote =
  "These three sets come with the app. Repeated texts, double labels and the like are in them on purpose, so that you see what is found: " +
  "apps/reference/data/README.md lists them.";

/** The three data sets that come with the app. */
export const embeddedSets: readonly string[] = ["bank", "assistant", "shop"].map(embedded);
