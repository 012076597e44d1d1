import { main } from "./cli.js";

// Whoever reads what is printed may have enough of it: `npm start -- --help | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});
process.exitCode = await main(process.argv.slice(2));
