import type { OnProgress, Progress } from "@quaterion/core";

/** Milliseconds between two calls. */
const pause = 100;

/**
 * Passes on how far the reading of something is, at most ten times a second.
 * @returns a function of what is done; its second argument, at the end, makes it tell at any rate
 */
export function readingProgress(
  onProgress: OnProgress | undefined,
  { total, ...progress }: Omit<Progress, "done">,
): (done: number, atEnd?: boolean) => void {
  if (onProgress === undefined) return () => {};
  let told = 0;
  return (done, atEnd = false) => {
    const now = Date.now();
    if (!atEnd && now - told < pause) return;
    told = now;
    onProgress({ ...progress, done, ...(total === undefined ? {} : { total }) });
  };
}
