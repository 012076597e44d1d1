import { StorageError } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { redisAddress } from "./redis-address.js";
import { mayPass, redisFailure } from "./redis-failure.js";

const address = redisAddress("redis://user:s3%23cret@cache.example:6380/2");
const told = (cause: unknown, waitedMs?: number) => redisFailure("write to", address, cause, waitedMs);

describe("redisFailure", () => {
  it.each([
    ["MOVED 3999 127.0.0.1:6381", "a node of a Redis Cluster"],
    ["CROSSSLOT Keys in request don't hash to the same slot", "a node of a Redis Cluster"],
    ["MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", "can't save to its disk"],
    ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "has lost its primary"],
    ["ERR max number of clients reached", "Raise its `maxclients`"],
    ["WRONGTYPE Operation against a key holding the wrong kind of value", "something that is not the cache's"],
    ["self-signed certificate in certificate chain", "NODE_EXTRA_CA_CERTS"],
    ["connect EHOSTUNREACH 10.0.0.9:6379", "there is no way to the host cache.example"],
    ["getaddrinfo EAI_AGAIN cache.example", "no address is known for the host cache.example"],
    ["Connection timeout", "no answer from cache.example:6380"],
    ["ERR something new.", "redis://cache.example:6380/2: ERR something new. What it holds"],
  ])("says of %s what to do", (text, words) => {
    const error = told(new Error(text));
    expect(error).toMatchObject({ code: "STORAGE", cause: { message: text } });
    expect(error.message).toContain("Could not write to the embedding cache in redis://cache.example:6380/2: ");
    expect(error.message).toContain(words);
  });

  it("reads what a host of several addresses gives", () => {
    const each = Object.assign(new Error("connect ECONNREFUSED ::1:6380"), { code: "ECONNREFUSED" });
    expect(told(Object.assign(new AggregateError([each], ""), { code: "ECONNREFUSED" }), 4400).message).toContain(
      "/2 after 4 s of trying: nothing listens on port 6380 of cache.example.",
    );
  });

  it("keeps a password out of the message and out of the cause, written either way", () => {
    for (const secret of ["s3#cret", "s3%23cret"]) {
      const error = told(new Error(`ERR unknown command 'AUTH', with args beginning with: '${secret}'`));
      expect(error.message).toContain("ERR unknown command 'AUTH', with args beginning with: '…'.");
      expect(error.cause).toBeUndefined();
    }
  });

  it("leaves our own errors as they are", () => {
    const own = new StorageError("ours");
    expect(told(own)).toBe(own);
  });

  it("tells what a server may get over from what it will not", () => {
    const passing = [
      "LOADING Redis is loading",
      "connect ECONNREFUSED 1.2.3.4:5",
      "Socket closed unexpectedly",
      "The client is closed",
      "no answer",
    ];
    const lasting = [
      "NOAUTH Authentication required.",
      "OOM command not allowed",
      "READONLY You can't write",
      "certificate has expired",
      "x is not a function",
    ];
    expect(passing.map((text) => mayPass(new Error(text)))).toEqual(passing.map(() => true));
    expect(lasting.map((text) => mayPass(new Error(text)))).toEqual(lasting.map(() => false));
    expect(mayPass(new StorageError("The client is closed"))).toBe(false);
  });
});
