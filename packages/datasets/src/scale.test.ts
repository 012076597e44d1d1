import { Random } from "@quaterion/core";
import { expect, it } from "vitest";
import { combine } from "./combine.js";
import { labeled } from "./labeled.js";

it("draws a batch of a hundred sets of 10,000 samples in under a millisecond, after combining them in seconds", () => {
  const set = (name: string) =>
    labeled(
      Array.from({ length: 10_000 }, (_, i) => ({ text: `${name} ${i}`, label: `l${i % 100}` })),
      { value: "text", label: "label" },
    );
  const parts = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`set${i}`, set(`set${i}`)]));
  const started = performance.now();
  const sampler = combine(parts).sampler({ policy: "schedule", labelsPerBatch: 64, samplesPerLabel: 4, random: new Random(1) });
  const combined = performance.now() - started;
  const times = Array.from({ length: 500 }, () => {
    const start = performance.now();
    sampler.next();
    return performance.now() - start;
  });
  const median = times.sort((a, b) => a - b)[250]!;
  console.log(`combined and ready in ${combined.toFixed(0)} ms; a batch of 256 takes ${median.toFixed(3)} ms (median of 500)`);
  expect(combined).toBeLessThan(20_000);
  expect(median).toBeLessThan(1);
});
