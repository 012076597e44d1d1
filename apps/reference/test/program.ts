import { vi } from "vitest";
import { main } from "../src/cli.js";

/** Runs the command line in this process, and returns what a user sees. */
export async function program(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const stdout = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += text;
    return true;
  });
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    err += text;
    return true;
  });
  const log = vi.spyOn(console, "error").mockImplementation((...parts) => {
    err += `${parts.join(" ")}\n`;
  });
  try {
    const code = await main(argv);
    return { code, out, err };
  } finally {
    for (const spy of [stdout, stderr, log]) spy.mockRestore();
  }
}
