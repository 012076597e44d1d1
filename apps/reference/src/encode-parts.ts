import { openCache } from "@quaterion/cache";
import { cachedEncoder, type TrainingData } from "@quaterion/core";
import { chooseEncoder } from "./choose-encoder.js";
import type { Screen } from "./screen.js";

type Parts = Readonly<Record<string, TrainingData<string>>>;

/** A vector of each row of some sets, by the sets' names; texts that the cache knows are not encoded again. */
export async function encodeParts(encoderName: string, parts: readonly Parts[], screen: Screen): Promise<Record<string, Float32Array>[]> {
  const cache = await openCache();
  try {
    const all = parts.flatMap((part) => Object.values(part).flatMap(({ values }) => [...values]));
    const opened = await screen.work("loading the encoder", (onProgress) => chooseEncoder(encoderName, all, onProgress));
    const encoder = cachedEncoder(opened, cache);
    const vectors = await screen.work("encoding texts", (onProgress) => encoder.encode(all, { onProgress }));
    let at = 0;
    return parts.map((part) =>
      Object.fromEntries(
        Object.entries(part).map(([name, { values }]) => {
          const start = at;
          at += values.length * encoder.dim;
          return [name, vectors.subarray(start, at)];
        }),
      ),
    );
  } finally {
    await cache.close();
  }
}
