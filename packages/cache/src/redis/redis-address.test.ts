import { describe, expect, it } from "vitest";
import { redisAddress } from "./redis-address.js";

describe("redisAddress", () => {
  it("reads host, port, database, user and password", () => {
    expect(redisAddress("redis://localhost")).toEqual({
      host: "localhost",
      port: 6379,
      tls: false,
      database: 0,
      shown: "redis://localhost:6379/0",
    });
    expect(redisAddress("rediss://us%40er:p%3A%23%2F%25@cache.example:6380/3")).toEqual({
      host: "cache.example",
      port: 6380,
      tls: true,
      database: 3,
      username: "us@er",
      password: "p:#/%",
      shown: "rediss://cache.example:6380/3",
    });
    expect(redisAddress("redis://:secret@[::1]:7000/")).toMatchObject({ host: "::1", port: 7000, shown: "redis://[::1]:7000/0" });
  });

  it.each([
    [undefined, "received undefined"],
    ["", "received a text that is no URL"],
    ["localhost:6379", "received one that begins with localhost:"],
    ["http://:s3cret@host", "received one that begins with http:"],
    ["redis://:s3cret#1@host", "received a text that is no URL"],
    ["redis://", "received one without a host"],
    ["redis://host/cache", "received one whose path is not the number of a database"],
    ["redis://:s3cret@host?x=1", "received one with a ? or # in it"],
    ["redis://:s3cret%@host", "a % that begins no character"],
  ])("refuses %s and does not repeat a password", (url, words) => {
    const refuse = () => redisAddress(url);
    expect(refuse).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(refuse).toThrow(words);
    expect(refuse).toThrow(/^`url` must be a URL such as redis:\/\/127\.0\.0\.1:6379(?!.*s3cret)/);
  });
});
