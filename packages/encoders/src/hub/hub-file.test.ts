import { createHash, randomBytes } from "node:crypto";
import { lstat, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { tinyFiles } from "../../test/tiny-text-model.js";
import { textEncoder } from "../text/text-encoder.js";
import { hubFile } from "./hub-file.js";

const commit = "0123456789abcdef0123456789abcdef01234567";
const large = randomBytes(300_000);
const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A hub of one model, `org/tiny`: large files are redirected to another place, as to a CDN. */
class Hub {
  files: Record<string, Uint8Array | string> = { "config.json": "{}", "onnx/model.onnx": large };
  requests: string[] = [];
  /** Bytes after which the next answers of the CDN break. */
  breaks: number[] = [];
  claimed: string | undefined;
  private: string | undefined;
  server!: Server;
  cdn!: Server;

  async start(): Promise<void> {
    this.cdn = createServer((request, response) => this.serve(request, response));
    this.server = createServer((request, response) => this.answer(request, response));
    for (const server of [this.cdn, this.server]) await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  }
  stop(): void {
    for (const server of [this.cdn, this.server]) {
      server.closeAllConnections();
      server.close();
    }
  }
  url(server: Server): string {
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  answer(request: IncomingMessage, response: ServerResponse): void {
    const url = decodeURIComponent(request.url!);
    this.requests.push(`${request.method} ${url}`);
    const refuse = (status: number, code: string) => response.writeHead(status, { "x-error-code": code }).end();
    if (this.private !== undefined && request.headers.authorization !== `Bearer ${this.private}`) return void refuse(401, "RepoNotFound");
    const [, model, revision, path] = /^\/(org\/[^/]+)\/resolve\/([^/]+)\/(.*)$/.exec(url) ?? [];
    if (model === "org/old") return void response.writeHead(307, { location: url.replace("org/old", "org/tiny") }).end();
    if (model === "org/gated") return void refuse(403, "GatedRepo");
    if (model !== "org/tiny") return void refuse(404, "RepoNotFound");
    if (revision !== "main" && revision !== commit) return void refuse(404, "RevisionNotFound");
    const file = this.files[path!];
    if (file === undefined) return void refuse(404, "EntryNotFound");
    const bytes = Buffer.from(file);
    const headers = { "x-repo-commit": commit };
    if (bytes.length < 1000) {
      const etag = createHash("sha1").update(bytes).digest("hex");
      response.writeHead(200, { ...headers, etag: `"${etag}"`, "content-length": bytes.length });
      return void response.end(request.method === "HEAD" ? undefined : bytes);
    }
    const linked = { "x-linked-etag": `"${this.claimed ?? sha(bytes)}"`, "x-linked-size": String(bytes.length) };
    response.writeHead(302, { ...headers, ...linked, location: `${this.url(this.cdn)}/${path}` }).end();
  }
  serve(request: IncomingMessage, response: ServerResponse): void {
    const range = request.headers.range;
    this.requests.push(`CDN ${request.url} ${range ?? "all"}${request.headers.authorization ? " with the token" : ""}`);
    const bytes = Buffer.from(this.files[request.url!.slice(1)]!);
    const start = range === undefined ? 0 : Number(/bytes=(\d+)-/.exec(range)![1]);
    const rest = bytes.subarray(start);
    response.writeHead(range === undefined ? 200 : 206, { "content-length": rest.length });
    const stop = this.breaks.shift();
    if (stop === undefined) response.end(rest);
    else response.write(rest.subarray(0, stop), () => setTimeout(() => response.destroy(), 20));
  }
}

let hub: Hub;
let home: string;

beforeEach(async () => {
  hub = new Hub();
  await hub.start();
  home = await mkdtemp(join(tmpdir(), "hub-"));
  for (const name of ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE"]) vi.stubEnv(name, "");
  vi.stubEnv("HF_ENDPOINT", hub.url(hub.server));
  vi.stubEnv("HF_HOME", home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  hub.stop();
  await rm(home, { recursive: true, force: true });
});

const model = "onnx/model.onnx";
const repository = () => join(home, "hub", "models--org--tiny");

describe("hubFile", () => {
  it("lays files out as Python's huggingface_hub does", async () => {
    const file = await hubFile("org/tiny", model);
    expect(file).toBe(join(repository(), "snapshots", commit, model));
    expect((await readFile(file!)).equals(large)).toBe(true);
    expect((await lstat(file!)).isSymbolicLink()).toBe(true);
    expect((await readFile(join(repository(), "blobs", sha(large)))).equals(large)).toBe(true);
    expect(await readFile(join(repository(), "refs", "main"), "utf8")).toBe(commit);
  });

  it("fetches a file once, and asks nothing at all for a commit", async () => {
    await hubFile("org/tiny", model);
    hub.requests = [];
    await hubFile("org/tiny", model);
    expect(hub.requests).toEqual([`HEAD /org/tiny/resolve/main/${model}`]);
    await hubFile("org/tiny", model, { revision: commit });
    expect(hub.requests).toHaveLength(1);
  });

  it("goes on where a broken connection stopped, and reports the bytes", async () => {
    hub.breaks = [100_000, 50_000];
    const seen: number[] = [];
    const file = await hubFile("org/tiny", model, { onProgress: ({ done, total }) => seen.push(done / total!) });
    expect((await readFile(file!)).equals(large)).toBe(true);
    const asked = hub.requests.filter((request) => request.startsWith("CDN")).map((request) => request.split(" ")[2]);
    expect(asked).toEqual(["all", "bytes=100000-", "bytes=150000-"]);
    expect(seen.at(-1)).toBe(1);
  });

  it("goes on where an earlier process stopped", async () => {
    hub.breaks = [100_000, 0, 0, 0, 0, 0];
    await expect(hubFile("org/tiny", model)).rejects.toMatchObject({ code: "STORAGE" });
    hub.breaks = [];
    hub.requests = [];
    expect((await readFile((await hubFile("org/tiny", model))!)).equals(large)).toBe(true);
    expect(hub.requests.at(-1)).toContain("bytes=100000-");
  });

  it("throws away what has the wrong sha256", async () => {
    hub.claimed = "ab".repeat(32);
    await expect(hubFile("org/tiny", model)).rejects.toThrow(/arrived damaged/);
    await expect(stat(join(repository(), "blobs", hub.claimed))).rejects.toThrow();
    await expect(stat(join(repository(), "blobs", `${hub.claimed}.incomplete`))).rejects.toThrow();
  });

  it("gives undefined for a file that a model does not have, and says what else is wrong", async () => {
    expect(await hubFile("org/tiny", "modules.json")).toBeUndefined();
    await expect(hubFile("org/none", model)).rejects.toThrow(/no model org\/none.*set HF_TOKEN/s);
    await expect(hubFile("org/gated", model)).rejects.toThrow(/on conditions/);
    await expect(hubFile("org/tiny", model, { revision: "v9" })).rejects.toThrow(/no revision "v9"/);
    await expect(hubFile("org/tiny", model, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("shows the token to the hub, and to nobody else", async () => {
    hub.private = "secret";
    await expect(hubFile("org/tiny", model)).rejects.toMatchObject({ code: "NOT_FOUND" });
    vi.stubEnv("HF_TOKEN", "secret");
    await hubFile("org/tiny", model);
    expect(hub.requests.filter((request) => request.includes("with the token"))).toEqual([]);
    vi.stubEnv("HF_TOKEN", "");
    await writeFile(join(home, "token"), "secret\n");
    expect(await hubFile("org/tiny", "config.json")).toBeDefined();
  });

  it("follows a model that was renamed", async () => {
    expect(await hubFile("org/old", "config.json")).toBe(join(home, "hub", "models--org--old", "snapshots", commit, "config.json"));
  });

  it("needs no connection for what is in the cache", async () => {
    await hubFile("org/tiny", model);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    hub.requests = [];
    expect(await hubFile("org/tiny", model)).toBeDefined();
    expect(await hubFile("org/tiny", "modules.json")).toBeUndefined();
    await expect(hubFile("org/other", model)).rejects.toThrow(/HF_HUB_OFFLINE/);
    expect(hub.requests).toEqual([]);
    vi.stubEnv("HF_HUB_OFFLINE", "0");
    vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:9");
    expect(await hubFile("org/tiny", model)).toBeDefined();
    await expect(hubFile("org/tiny", "onnx/other.onnx")).rejects.toMatchObject({ code: "STORAGE" });
  });

  it("serves textEncoder: a model by its name, fetched, then offline", async () => {
    hub.files = tinyFiles();
    const encoder = await textEncoder("org/tiny");
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    const again = await textEncoder("org/tiny");
    expect(again.name).toBe("tiny");
    expect(again.fingerprint).toBe(encoder.fingerprint);
    expect(await again.encode(["my card"])).toEqual(await encoder.encode(["my card"]));
  });
});
