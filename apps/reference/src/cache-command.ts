import { openCache } from "@quaterion/cache";
import type { Screen } from "./screen.js";

/** Says where the embedding cache is and how big, and empties it when asked to. */
export async function cacheCommand({ clear }: { clear?: boolean }, screen: Screen): Promise<void> {
  const cache = await openCache();
  try {
    const { location, entries, bytes, spaces } = await cache.stats();
    screen.line(`The embedding cache is in ${location}`);
    screen.line(`It holds ${entries} embeddings of ${Object.keys(spaces).length} encoders, ${(bytes / 1e6).toFixed(1)} MB.`);
    if (!clear) return screen.line("Empty it with: npm start -- cache --clear");
    await cache.clear();
    screen.line("It is empty now.");
  } finally {
    await cache.close();
  }
}
