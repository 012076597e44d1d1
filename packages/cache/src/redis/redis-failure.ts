import { QuaterionError, StorageError } from "@quaterion/core";
import type { RedisAddress } from "./redis-address.js";

/** What to tell of an answer of the server, or of the lack of one: by its text, first match first. */
const reasons: readonly [RegExp, (address: RedisAddress, text: string) => string][] = [
  [/^NOAUTH|Authentication required/, () => "the server wants a password: put it into the URL, redis://:password@host:port"],
  [
    /^WRONGPASS|invalid password/,
    () => "the server refused the user or the password of the URL. Correct them; special characters must be percent-encoded, # as %23",
  ],
  [/without any password configured|no password is set/, () => "the URL has a password and the server has none: leave it out"],
  [
    /DB index is out of range|invalid DB index/,
    ({ database }) => `the server has no database ${database}: leave it out of the URL, or raise \`databases\` there`,
  ],
  [
    /^(MOVED|ASK|CROSSSLOT|CLUSTERDOWN)\b|cluster mode/,
    () => "it is a node of a Redis Cluster, which is not supported. Name a server that is not in cluster mode",
  ],
  [/^READONLY/, () => "the server is a read-only replica. Name its primary in the URL"],
  [
    /^OOM/,
    () =>
      "the server's memory is full, and its policy lets nothing go. Raise its `maxmemory`, set `maxmemory-policy allkeys-lru`, or clear() a space that is not needed",
  ],
  [/^MISCONF/, () => "the server can't save to its disk and takes no writes. Its log says why; free some space there"],
  [/^LOADING/, () => "the server is still loading its data. Try again when it has"],
  [/^(BUSY|TRYAGAIN|MASTERDOWN)/, () => "the server is busy or has lost its primary. Try again later"],
  [
    /^WRONGTYPE/,
    () => "a key of the cache's names holds something that is not the cache's. Delete it, or open the cache under another `prefix`",
  ],
  [/max number of clients/, () => "the server has as many clients as it takes. Raise its `maxclients`, or close some"],
  [/ECONNREFUSED/, ({ host, port }) => `nothing listens on port ${port} of ${host}. Start Redis there, or correct the URL`],
  [/ENOTFOUND|EAI_AGAIN/, ({ host }) => `no address is known for the host ${host}. Correct the URL, or the network's names`],
  [/EHOSTUNREACH|ENETUNREACH|ENETDOWN/, ({ host }) => `there is no way to the host ${host}. Look at the network`],
  [
    /ETIMEDOUT|timeout|no answer/i,
    ({ host, port, tls }) =>
      `no answer from ${host}:${port}. Is it the right place, ${tls ? "does it speak TLS, " : ""}and does a firewall let you through?`,
  ],
  [
    /wrong version number|EPROTO|packet length too long|SSL routines/,
    ({ port }) => `what listens on port ${port} does not speak TLS as it should. Without TLS the URL begins with redis://`,
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO|self.signed|certificate/i,
    (_, text) =>
      `the server's certificate is not trusted (${text}). Where its authority is your own, name that one's file in the environment variable NODE_EXTRA_CA_CERTS`,
  ],
  [/RESP type|Protocol error/i, ({ port }) => `what answers on port ${port} is not Redis. Correct the URL`],
  [
    /closed unexpectedly|ECONNRESET|EPIPE|ended by the other party/i,
    ({ tls }) =>
      `the server closed the connection. Is it Redis${tls ? ", and is it running" : ", is it running, and does it want TLS (a URL that begins with rediss://)"}?`,
  ],
];

/**
 * What went wrong with a server, as an error that says what to do. Neither it nor its cause holds a password.
 * @param doing as it stands after "Could not": "read from"
 * @param waitedMs how long was tried
 */
export function redisFailure(doing: string, address: RedisAddress, cause: unknown, waitedMs = 0): Error {
  if (QuaterionError.is(cause)) return cause;
  const text = errorText(cause);
  const secrets = [address.password, address.password && encodeURIComponent(address.password)].filter((secret) => secret !== undefined);
  const safe = secrets.reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
  const known = reasons.find(([pattern]) => pattern.test(text))?.[1](address, safe);
  // A host may be named like the password: only what the server or the system said is searched for it.
  const reason = known ?? (/^NOPERM/.test(text) ? `the URL's user may not do this there: ${safe}` : safe);
  const tried = waitedMs >= 1000 ? ` after ${Math.round(waitedMs / 1000)} s of trying` : "";
  return new StorageError(
    `Could not ${doing} the embedding cache in ${address.shown}${tried}: ${reason.replace(/\.$/, "")}${/\?$/.test(reason) ? "" : "."} What it holds is not computed again.`,
    safe === text ? { cause } : {},
  );
}

/** The text of our own error when a server did not answer in time. */
export const noAnswer = "no answer";

/** Whether a server may get over it by itself: it is away, starts, or is busy. */
export function mayPass(cause: unknown): boolean {
  if (QuaterionError.is(cause)) return false;
  return /^(LOADING|BUSY|TRYAGAIN|MASTERDOWN)\b|^no answer$|ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EAI_AGAIN|ENOTFOUND|closed unexpectedly|Disconnects client|client is (closed|offline)|[Tt]imeout/.test(
    errorText(cause),
  );
}

/** Codes and messages of an error and of what it holds. */
function errorText(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const { code, message, name, errors } = error as { code?: unknown; message?: string; name?: string; errors?: unknown[] };
  const own = [message?.includes(String(code)) ? undefined : code, message || name].filter(Boolean).join(": ");
  // Where a host has several addresses, Node gives one error for all.
  return Array.isArray(errors) && errors.length > 0 ? `${own} ${errorText(errors[0])}`.trim() : own;
}
