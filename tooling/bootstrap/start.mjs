// `npm start [-- arguments]`: the reference app, installed and built first where that is missing.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { prepare, root } from "./prepare.mjs";

await prepare();
const app = join(root, "apps", "reference", "dist", "start.js");
// Paths in the arguments are the user's: npm runs scripts in the root, INIT_CWD is where the user stands.
const child = spawn(process.execPath, [app, ...process.argv.slice(2)], { stdio: "inherit", cwd: process.env.INIT_CWD ?? process.cwd() });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 130 : 1)));
