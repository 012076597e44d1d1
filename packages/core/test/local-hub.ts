import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";

/** The commit that every branch of {@link LocalHub} is at. */
export const commit = "0123456789abcdef0123456789abcdef01234567";

export const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A repository of the hub as its files, by path. */
export type LocalRepository = Record<string, Uint8Array | string>;

/** A server that speaks the hub's protocol: large files are redirected to another place, as to a CDN. */
export class LocalHub {
  /** By name, "org/tiny", data sets by "datasets/org/tiny". */
  readonly repositories: Record<string, LocalRepository> = {};
  /** Branches and tags of every repository. */
  readonly revisions: string[] = ["main"];
  requests: string[] = [];
  /** Bytes after which the next answers of the CDN break. */
  breaks: number[] = [];
  /** The sha256 that the hub claims for large files, if not their own. */
  claimed: string | undefined;
  /** The token without which nothing is shown. */
  private: string | undefined;
  #server!: Server;
  #cdn!: Server;

  async start(): Promise<void> {
    this.#cdn = createServer((request, response) => this.#serve(request, response));
    this.#server = createServer((request, response) => this.#answer(request, response));
    for (const server of [this.#cdn, this.#server]) await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  }

  stop(): void {
    for (const server of [this.#cdn, this.#server]) {
      server.closeAllConnections();
      server.close();
    }
  }

  get url(): string {
    return addressOf(this.#server);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = decodeURIComponent(request.url!);
    this.requests.push(`${request.method} ${url}`);
    const refuse = (status: number, code: string) => response.writeHead(status, { "x-error-code": code }).end();
    if (this.private !== undefined && request.headers.authorization !== `Bearer ${this.private}`) return void refuse(401, "RepoNotFound");
    const listing = /^\/api\/(?:models\/|(?=datasets\/))(.+?)\/revision\/(.+)$/.exec(url);
    const file = /^\/((?:datasets\/)?[^/]+\/[^/]+)\/resolve\/(.+)$/.exec(url);
    const name = (listing ?? file)?.[1] ?? "";
    if (name.endsWith("/old")) return void response.writeHead(307, { location: url.replace("/old/", "/tiny/") }).end();
    if (name.endsWith("/gated")) return void refuse(403, "GatedRepo");
    const files = this.repositories[name];
    if (files === undefined) return void refuse(404, "RepoNotFound");
    const rest = (listing ?? file)![2]!;
    const revision = [commit, ...this.revisions].find((each) => rest === each || rest.startsWith(`${each}/`));
    if (revision === undefined) return void refuse(404, "RevisionNotFound");
    if (listing) {
      const siblings = Object.keys(files).map((rfilename) => ({ rfilename }));
      response.writeHead(200, { "content-type": "application/json" });
      return void response.end(JSON.stringify({ id: name, sha: commit, siblings }));
    }
    const path = rest.slice(revision.length + 1);
    const content = files[path];
    if (content === undefined) return void refuse(404, "EntryNotFound");
    const bytes = Buffer.from(content);
    const headers = { "x-repo-commit": commit };
    if (bytes.length < 1000) {
      const etag = createHash("sha1").update(bytes).digest("hex");
      response.writeHead(200, { ...headers, etag: `"${etag}"`, "content-length": bytes.length });
      return void response.end(request.method === "HEAD" ? undefined : bytes);
    }
    const linked = { "x-linked-etag": `"${this.claimed ?? sha256Of(bytes)}"`, "x-linked-size": String(bytes.length) };
    response.writeHead(302, { ...headers, ...linked, location: `${addressOf(this.#cdn)}/${name}?${encodeURIComponent(path)}` }).end();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const range = request.headers.range;
    this.requests.push(`CDN ${request.url} ${range ?? "all"}${request.headers.authorization ? " with the token" : ""}`);
    const [name, path] = request.url!.slice(1).split("?") as [string, string];
    const bytes = Buffer.from(this.repositories[name]![decodeURIComponent(path)]!);
    const start = range === undefined ? 0 : Number(/bytes=(\d+)-/.exec(range)![1]);
    const rest = bytes.subarray(start);
    response.writeHead(range === undefined ? 200 : 206, { "content-length": rest.length });
    const stop = this.breaks.shift();
    if (stop === undefined) response.end(rest);
    else response.write(rest.subarray(0, stop), () => setTimeout(() => response.destroy(), 20));
  }
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A hub and an empty home for each test of a file, with nothing of the machine's own settings. */
export function eachWithLocalHub(): { hub: LocalHub; home: string } {
  const at = {} as { hub: LocalHub; home: string };
  beforeEach(async () => {
    at.hub = new LocalHub();
    await at.hub.start();
    at.home = await mkdtemp(join(tmpdir(), "hub-"));
    for (const name of ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE"]) vi.stubEnv(name, "");
    vi.stubEnv("HF_ENDPOINT", at.hub.url);
    vi.stubEnv("HF_HOME", at.home);
    vi.stubEnv("QUATERION_HOME", join(at.home, "quaterion"));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    at.hub.stop();
    await rm(at.home, { recursive: true, force: true });
  });
  return at;
}
