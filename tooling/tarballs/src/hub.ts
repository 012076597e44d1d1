import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A hub that has these files under every model's name. @returns the server, and where it is */
export async function openHub(files: Readonly<Record<string, Uint8Array | string>>): Promise<{ server: Server; endpoint: string }> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!).replace(/^\/[^/]+\/[^/]+\/resolve\/main\//, "");
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (file === undefined) return void response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
    const bytes = Buffer.from(file as Uint8Array);
    response.writeHead(200, {
      "x-repo-commit": "0".repeat(40),
      etag: `"${createHash("sha1").update(bytes).digest("hex")}"`,
      "content-length": bytes.length,
    });
    response.end(request.method === "HEAD" ? undefined : bytes);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return { server, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
