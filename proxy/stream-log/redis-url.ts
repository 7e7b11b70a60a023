/** Where a Redis or Valkey store is: `redis://[user:password@]host[:port][,host…][/database][?cluster=true&prefix=NAME]`. */
import { StreamError } from "../../protocol/index.ts";

export interface RedisPlace {
  readonly tls: boolean;
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  readonly cluster: boolean;
  /** Begins every key, so that several deployments can share a server. @default "ai-stream:" */
  readonly prefix: string;
}

export const REDIS_URL_FORM = "redis://[user:password@]host[:port][/database][?cluster=true&prefix=NAME]";

/** Repeats nothing of the URL: it may hold a password. */
export class RedisUrlError extends StreamError {
  readonly found: string;

  constructor(found: string) {
    super("invalid_request", `store: found ${found}, expected ${REDIS_URL_FORM}`, { field: "store" });
    this.found = found;
  }
}

const FORM = /^(rediss?):\/\/(?:([^@/]*)@)?([^/?@]+)(?:\/(\d+)?)?(?:\?(.*))?$/;
const HOST = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/;

/** @throws {RedisUrlError} */
export function parseRedisUrl(url: string): RedisPlace {
  const [, scheme, login, hostList, database = "0", query = ""] = FORM.exec(url) ?? fail("another form");
  const params = new URLSearchParams(query);
  for (const name of params.keys()) if (name !== "cluster" && name !== "prefix") fail(`the parameter "${name}"`);
  const hosts = hostList!.split(",").map((part) => {
    const [, host, port = "6379"] = HOST.exec(part) ?? fail("a host of another form");
    return { host: host!.replace(/^\[|\]$/g, ""), port: Number(port) };
  });
  const cluster = params.get("cluster") === "true";
  if (hosts.length > 1 && !cluster) fail("several hosts without cluster=true");
  if (cluster && database !== "0") fail("a database other than 0 with cluster=true");
  const at = login?.indexOf(":") ?? -1;
  const username = login === undefined ? "" : decode(at < 0 ? login : login.slice(0, at));
  const password = at < 0 ? "" : decode(login!.slice(at + 1));
  return {
    ...{ tls: scheme === "rediss", hosts, database: Number(database), cluster },
    prefix: params.get("prefix") ?? "ai-stream:",
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return fail("a user or password that is not percent-encoded");
  }
}

function fail(found: string): never {
  throw new RedisUrlError(found);
}
