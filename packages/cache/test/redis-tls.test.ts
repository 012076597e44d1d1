import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRedisCache } from "../src/index.js";
import { run } from "./children.js";
import { noRedisServer, startRedis, type TestServer } from "./redis-server.js";

const help = noRedisServer === undefined ? spawnSync("sh", ["-c", "ldd $(command -v redis-server)"], { encoding: "utf8" }).stdout : "";
const missing =
  noRedisServer ??
  (spawnSync("openssl", ["version"]).status !== 0 ? "there is no program `openssl` in PATH" : undefined) ??
  (help.includes("libssl") ? undefined : "`redis-server` was built without TLS");
if (missing !== undefined) console.warn(`A Redis server that speaks TLS is not tried here: ${missing}.`);

describe.skipIf(missing !== undefined)("openRedisCache, over TLS", { timeout: 60_000 }, () => {
  let folder: string;
  let server: TestServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "quaterion-tls-"));
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    const { status, stderr } = spawnSync(
      "openssl",
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2"].concat([
        ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
      ]),
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(stderr);
    const files = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate];
    server = await startRedis(["--tls-auth-clients", "no", "--requirepass", "s3cret", ...files], "--tls-port");
  });
  afterAll(async () => {
    await server?.end();
    await rm(folder, { recursive: true, force: true });
  });

  it("takes a server whose authority is named, and keeps its password to itself", async () => {
    const env = { NODE_EXTRA_CA_CERTS: join(folder, "certificate.pem") };
    expect(await run(["leave", `rediss://:s3cret@localhost:${server.port} quaterion`], { env })).toEqual({
      code: 0,
      lines: ["50"],
      errors: "",
    });
  });

  it("says what to do about a certificate that nobody vouches for, and about a URL without TLS", async () => {
    const at = (protocol: string) => openRedisCache(`${protocol}//:s3cret@localhost:${server.port}`);
    await expect(at("rediss:")).rejects.toMatchObject({
      code: "STORAGE",
      message: `Could not open the embedding cache in rediss://localhost:${server.port}/0: the server's certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT: self-signed certificate). Where its authority is your own, name that one's file in the environment variable NODE_EXTRA_CA_CERTS. What it holds is not computed again.`,
    });
    await expect(at("redis:")).rejects.toMatchObject({
      code: "STORAGE",
      message: expect.stringContaining("does it want TLS (a URL that begins with rediss://)"),
    });
  });
});
