import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";

/** Why no server can be started here; undefined where one can. */
export const noRedisServer =
  spawnSync("redis-server", ["--version"]).status === 0
    ? undefined
    : "there is no program `redis-server` in PATH (apt-get install redis-server)";

/** A server of the tests' own. */
export interface TestServer {
  readonly port: number;
  readonly url: string;
  /** Ends it at once, as a crash does; what it holds is lost. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(...more: string[]): Promise<void>;
  /** Stops it where it is: it answers nothing until it is told to go on. */
  freeze(frozen: boolean): void;
  /** Ends it and removes its folder. */
  end(): Promise<void>;
}

/** Runs the server and tells its number; kills it when this process ends, however that happens. */
const untilWeEnd = 'exec 3<&0; redis-server "$@" & pid=$!; echo "pid $pid"; (cat <&3 >/dev/null; kill -9 $pid 2>/dev/null) & wait $pid';

/**
 * Starts `redis-server` on a free port, in a folder of its own.
 * @param settings of its command line
 * @param listen which of its ports that is
 */
export async function startRedis(settings: readonly string[] = [], listen: "--port" | "--tls-port" = "--port"): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), "quaterion-redis-"));
  const port = await freePort();
  let child: ChildProcess | undefined;
  let pid = 0;
  const start = async (...more: string[]) => {
    const ports = listen === "--port" ? [listen, `${port}`] : ["--port", "0", listen, `${port}`];
    const own = [...ports, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no", ...settings, ...more];
    child = spawn("sh", ["-c", untilWeEnd, "sh", ...own], { stdio: "pipe" });
    let said = "";
    await new Promise<void>((resolve, reject) => {
      child!.stdout!.on("data", (text) => {
        said += text;
        pid = Number(/^pid (\d+)/.exec(said)?.[1]);
        if (/eady to accept connections/.test(said)) resolve();
      });
      child!.on("error", reject);
      child!.on("exit", () => reject(new Error(`redis-server ended: ${said}`)));
    });
  };
  const kill = async () => {
    const ended = child;
    child = undefined;
    if (!ended || ended.exitCode !== null) return;
    await new Promise((resolve) => {
      ended.on("exit", resolve);
      process.kill(pid, "SIGKILL");
    });
    ended.stdin!.end();
  };
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill,
    start,
    freeze: (frozen) => void process.kill(pid, frozen ? "SIGSTOP" : "SIGCONT"),
    async end() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The server that the tests share: the one that REDIS_URL names, or one of their own; undefined where there is none. */
export async function anyRedis(): Promise<{ url: string; end(): Promise<void> } | undefined> {
  const url = process.env["REDIS_URL"];
  if (url) return { url, end: async () => {} };
  if (noRedisServer === undefined) return startRedis();
  console.warn(`The cache in Redis is not tried here: REDIS_URL is not set, and ${noRedisServer}.`);
  return undefined;
}

/** A plain client, to look at what the cache keeps and to put other things there. */
export async function plainClient(url: string) {
  const client = createClient({ url });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** A prefix that no other test has. */
export function freshPrefix(): string {
  made++;
  return `quaterion-test-${process.pid}-${Date.now()}-${made}`;
}
let made = 0;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
