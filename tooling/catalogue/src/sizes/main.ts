import { everyLoss } from "../every-loss.js";
import { bundleOf } from "./bundle.js";

const kilobytes = (bytes: number) => (bytes / 1000).toFixed(2).padStart(6);

export async function main(root: string): Promise<void> {
  const bundles = await Promise.all([...everyLoss()].map(async ([name, { reads }]) => ({ reads, ...(await bundleOf(root, name)) })));
  console.log(`${"minified, beside TensorFlow.js".padEnd(41)} kB   without @quaterion/core's checks   files`);
  for (const { name, reads, bytes, coreBytes, files } of bundles.sort((a, b) => b.bytes - a.bytes)) {
    console.log(
      `${name.padEnd(26)} ${reads.padEnd(9)} ${kilobytes(bytes)} ${kilobytes(bytes - coreBytes)} ${String(files.length).padStart(36)}`,
    );
  }
}
