import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { QuaterionError } from "@quaterion/core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

/** What a caller without types may give where something else is wanted. */
const given: readonly unknown[] = [undefined, null, {}, 42, "x"];

const packages = {
  cache: () => import("@quaterion/cache"),
  datasets: () => import("@quaterion/datasets"),
  encoders: () => import("@quaterion/encoders"),
  "encoders/trainable": () => import("@quaterion/encoders/trainable"),
  evaluation: () => import("@quaterion/evaluation"),
  serving: () => import("@quaterion/serving"),
  trainer: () => import("@quaterion/trainer"),
};

/** Of these a type error tells enough: they are for authors, and read one plain value. */
const forAuthors = ["because"];

const home = mkdtempSync(join(tmpdir(), "quaterion-bad-arguments-"));
beforeAll(() => {
  vi.stubEnv("QUATERION_HOME", home);
  vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:9"); // no hub
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

it.each(Object.entries(packages))(
  "functions of %s refuse what they can't take in words, not with a type error",
  async (_, load) => {
    let tried = 0;
    const unexplained: string[] = [];
    for (const [name, value] of Object.entries<unknown>(await load())) {
      if (typeof value !== "function" || forAuthors.includes(name)) continue;
      const isClass = /^class\b/.test(Function.prototype.toString.call(value));
      const statics = Object.getOwnPropertyNames(value).filter((key) => !["length", "name", "prototype"].includes(key));
      const calls = isClass
        ? statics.map((key) => [`${name}.${key}`, (value as never)[key] as (argument: unknown) => unknown] as const)
        : [[name, value as (argument: unknown) => unknown] as const];
      for (const [title, call] of calls) {
        for (const argument of given) {
          tried++;
          try {
            await call.call(value, argument);
          } catch (error) {
            if (!QuaterionError.is(error)) unexplained.push(`${title}(${JSON.stringify(argument)}): ${error}`);
          }
        }
      }
    }
    expect(tried).toBeGreaterThan(4);
    expect(unexplained).toEqual([]);
  },
  120_000,
);
