import { setTimeout as sleep } from "node:timers/promises";
import { NotFoundError, StorageError } from "@quaterion/core";
import type { RedisAddress } from "./redis-address.js";
import { mayPass, noAnswer, redisFailure } from "./redis-failure.js";

/** Sends one command and resolves with its answer: texts and bytes as Buffers, numbers as numbers. */
export type Send = (command: readonly (string | Buffer)[]) => Promise<unknown>;

/** Longest pause between two tries to reach a server. */
const longestPauseMs = 500;

/**
 * One connection to a server, made again when it is lost. It does not keep the process alive while nothing is asked of it.
 */
export class RedisConnection {
  readonly #address: RedisAddress;
  readonly #waitMs: number;
  #client: Promise<Client> | undefined;
  /** What came was no answer of a Redis server. */
  #garbled: Error | undefined;
  #running = 0;
  #closed: Promise<void> | undefined;

  constructor(address: RedisAddress, waitMs: number) {
    this.#address = address;
    this.#waitMs = waitMs;
  }

  /**
   * Connects, and asks what kind of server it is. One that can't be reached is not waited for: its URL is probably wrong.
   * @throws {NotFoundError} when the library is not installed
   * @throws {StorageError} when the server can't be reached, refuses the password, or is a Redis Cluster
   */
  static async open(address: RedisAddress, waitMs: number): Promise<RedisConnection> {
    const connection = new RedisConnection(address, waitMs);
    try {
      await connection.run(
        "open",
        async (send) => {
          // A user who may not ask for this finds out by the first answer that begins with MOVED.
          const about = await send(["INFO", "cluster"]).catch((cause) => {
            if (/^(NOPERM|ERR unknown)/.test(cause?.message)) return "";
            throw cause;
          });
          if (/cluster_enabled:1/.test(String(about))) throw new Error("cluster mode");
        },
        mayPassAtOpening,
      );
      return connection;
    } catch (cause) {
      await connection.close();
      throw cause;
    }
  }

  /** @throws {StorageError} when it was closed */
  demandOpen(): void {
    if (this.#closed)
      throw new StorageError(`The embedding cache in ${this.#address.shown} was closed. Open it again with openRedisCache().`);
  }

  /**
   * Runs commands, and runs them all again when the connection was lost or the server is not ready, until `waitMs` are over: so they must be such
   * that a second time changes nothing.
   * @param doing for the message, as it stands after "Could not"
   */
  async run<T>(doing: string, action: (send: Send) => Promise<T>, again = mayPass): Promise<T> {
    const start = Date.now();
    this.#use(1);
    try {
      let reason: unknown;
      for (let pause = 25; ; pause = Math.min(2 * pause, longestPauseMs)) {
        this.demandOpen();
        try {
          // Half of the time for one try: a line that went dead is noticed, and leaves time for another.
          return await this.#answered(action, Math.min(this.#waitMs / 2, this.#waitMs - (Date.now() - start)));
        } catch (failure) {
          const cause = this.#garbled ?? failure;
          this.#garbled = undefined;
          // The last try may have too little time to say more than that there was no answer.
          if (reason === undefined || (cause as Error)?.message !== noAnswer) reason = cause;
          const left = this.#waitMs - (Date.now() - start);
          if (!again(cause) || left < 10) throw redisFailure(doing, this.#address, reason, Date.now() - start);
          await sleep(Math.min(pause, left / 2));
        }
      }
    } finally {
      this.#use(-1);
    }
  }

  /** Lets what is running end, within `waitMs`, and closes. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    if (client?.isOpen) await within(this.#waitMs, client.close()).catch(() => {});
    client?.destroy();
  }

  /** Runs `action` once; a server that does not answer in time loses its connection. */
  async #answered<T>(action: (send: Send) => Promise<T>, withinMs: number): Promise<T> {
    this.#client ??= this.#connect();
    const connecting = this.#client;
    let client: Client | undefined;
    let late = false;
    const work = connecting.then((connected) => {
      client = connected;
      return action((command) => connected.sendCommand(command as (string | Buffer)[]));
    });
    try {
      return await within(withinMs, work, () => {
        late = true;
      });
    } catch (cause) {
      if (this.#client === connecting && (late || !client?.isReady)) {
        this.#client = undefined;
        connecting.then((lost) => lost.destroy()).catch(() => {});
      }
      throw cause;
    }
  }

  async #connect(): Promise<Client> {
    const patience = Math.min(this.#waitMs, 5000);
    const client = await newClient(this.#address, patience);
    client.on("error", (error: Error) => {
      // Commands are told of a lost connection, but not of this: they would wait for ever.
      if (!/RESP type/.test(error.message)) return;
      this.#garbled = error;
      client.destroy();
    });
    try {
      await within(patience, client.connect());
    } catch (cause) {
      client.destroy();
      throw cause;
    }
    return client;
  }

  #use(change: 1 | -1): void {
    this.#running += change;
    if (this.#running === 0) this.#client?.then((client) => client.unref()).catch(() => {});
    else if (this.#running === 1 && change === 1) this.#client?.then((client) => client.ref()).catch(() => {});
  }
}

function mayPassAtOpening(cause: unknown): boolean {
  return mayPass(cause) && /^(LOADING|BUSY|TRYAGAIN|MASTERDOWN)/.test((cause as Error).message);
}

/** What `work` comes to, or an error after `ms`. @param onLate called then */
async function within<T>(ms: number, work: Promise<T>, onLate?: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      onLate?.();
      reject(new Error(noAnswer));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

type Client = Awaited<ReturnType<typeof newClient>>;

/** Loaded only here, so that a program that keeps its cache elsewhere needs no Redis library. */
async function newClient({ host, port, tls, database, username, password }: RedisAddress, connectTimeout: number) {
  const { createClient, RESP_TYPES } = await import("@redis/client").catch((cause) => {
    const why = cause.code === "ERR_MODULE_NOT_FOUND" ? "is not installed" : `can't be loaded (${cause.message})`;
    throw new NotFoundError(`openRedisCache needs the package @redis/client, which ${why}: npm install @redis/client`, { cause });
  });
  const socket = { host, port, connectTimeout, reconnectStrategy: false } as const;
  return createClient({
    socket: tls ? { ...socket, tls } : socket,
    database,
    username,
    password,
    // The protocol that servers before Redis 6 speak too.
    RESP: 2,
    maintNotifications: "disabled",
    disableClientInfo: true,
    disableOfflineQueue: true,
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  });
}
