import { IncompatibleError } from "@quaterion/core";
import type { PerChannel } from "./image-settings.js";

/**
 * A number for each channel from a model's file, where it says any; one alone is for all three.
 * @throws {IncompatibleError} when it is something else, or a deviation of 0
 */
export function perChannelOf(config: Readonly<Record<string, unknown>>, key: string, file: string): PerChannel | undefined {
  const value = config[key] ?? undefined;
  if (value === undefined) return undefined;
  const all =
    typeof value === "number" ? [value, value, value] : Array.isArray(value) && value.length === 1 ? [value[0], value[0], value[0]] : value;
  if (Array.isArray(all) && all.length === 3 && all.every((number) => Number.isFinite(number)) && !(/std$/.test(key) && all.includes(0))) {
    return all as unknown as PerChannel;
  }
  throw new IncompatibleError(`\`${key}\` of ${file} must be three numbers, one for each channel; received ${JSON.stringify(value)}.`);
}
