// Compiles products.wat into src/kernel-bytes.ts: `node kernel/build.mjs`. A test checks that the two agree.
import { readFileSync, writeFileSync } from "node:fs";
import wabt from "wabt";

const here = new URL(".", import.meta.url);
const { parseWat } = await wabt();
const module = parseWat("products.wat", readFileSync(new URL("products.wat", here), "utf8"), { simd: true });
const base64 = Buffer.from(module.toBinary({}).buffer).toString("base64");
const lines = base64.match(/.{1,130}/g).map((line) => `  "${line}",`);
writeFileSync(
  new URL("../src/kernel-bytes.ts", here),
  `/** The WebAssembly module of kernel/products.wat, in base64: written by kernel/build.mjs. */\nexport const kernelBase64 = [\n${lines.join("\n")}\n].join("");\n`,
);
