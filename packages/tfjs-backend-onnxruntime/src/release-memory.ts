import { currentBackend } from "./register.js";

/** A moment, for {@link releaseMemory}: how often compiled graphs were used so far. */
export function graphUses(): number {
  return currentBackend().program.sessions.uses;
}

/**
 * Lets go of the memory that the backend keeps for work like that done so far: compiled graphs, and buffers that are free. Values of tensors stay.
 * A graph that is needed again is compiled again.
 *
 * @param options `unusedSince`: graphs that were used after this moment ({@link graphUses}) are kept. Default: none are
 */
export function releaseMemory({ unusedSince }: { readonly unusedSince?: number } = {}): void {
  currentBackend().program.trim(unusedSince ?? graphUses());
}
