import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface TinyHub {
  /** What `HF_ENDPOINT` must be. */
  readonly address: string;
  close(): void;
}

/** A hub with one model, that speaks the hub's protocol. */
export async function tinyHub(name: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<TinyHub> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!).replace(`/${name}/resolve/main/`, "");
    const file = files[path];
    if (file === undefined) return void response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
    const bytes = Buffer.from(file);
    response.writeHead(200, {
      "x-repo-commit": "0".repeat(40),
      etag: `"${createHash("sha1").update(bytes).digest("hex")}"`,
      "content-length": bytes.length,
    });
    response.end(request.method === "HEAD" ? undefined : bytes);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
