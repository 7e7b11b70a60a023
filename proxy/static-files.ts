/** The few files the proxy serves besides its protocol: the script-tag build and the demo page. Read once, at start. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import type { FastifyInstance } from "fastify";
import { packageRoot, packageVersion } from "./package-root.ts";

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** The demo page runs its own files and talks to its own proxy, nothing else. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/** A lazily loaded part: its name changes with what is in it. */
const HASHED = /^ai-stream\.[\w-]+\.[\w-]{8}\.js(\.map)?$/;
const NEVER_CHANGES = "public, max-age=31536000, immutable";

interface StaticFile {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Registers one route a file; what is not there is not served. */
export function registerStaticFiles(app: FastifyInstance): void {
  for (const [path, file] of staticFiles()) {
    app.get(path, (request, reply) => {
      reply.headers(file.headers);
      if (request.headers["if-none-match"] === file.headers["etag"]) return reply.code(304).send();
      return reply.send(file.bytes);
    });
  }
}

function staticFiles(): Map<string, StaticFile> {
  const root = packageRoot();
  const files = new Map<string, StaticFile>();
  for (const name of namesIn(join(root, "dist"), /^ai-stream[\w.-]*\.(js|map|json)$/)) {
    const file = load(join(root, "dist", name), {
      // Any page may load the script; a module from elsewhere is fetched with CORS.
      "access-control-allow-origin": "*",
      "cache-control": HASHED.test(name) ? NEVER_CHANGES : "no-cache",
    });
    files.set(`/${name}`, file);
    // A folder, so that the script and its parts find each other there.
    files.set(`/ai-stream-${packageVersion()}/${name}`, {
      bytes: file.bytes,
      headers: { ...file.headers, "cache-control": NEVER_CHANGES },
    });
  }
  for (const name of namesIn(join(root, "demo"), /^[\w-]+\.(html|js|css|svg)$/)) {
    const headers = {
      "cache-control": "no-cache",
      ...(name.endsWith(".html") ? { "content-security-policy": PAGE_POLICY } : {}),
    };
    files.set(name === "index.html" ? "/" : `/${name}`, load(join(root, "demo", name), headers));
  }
  return files;
}

const namesIn = (folder: string, pattern: RegExp): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => pattern.test(name)) : [];

function load(path: string, headers: Readonly<Record<string, string>>): StaticFile {
  const bytes = readFileSync(path);
  const etag = `"${createHash("sha256").update(bytes).digest("base64url")}"`;
  return { bytes, headers: { ...headers, etag, "content-type": MEDIA_TYPES[extname(path)]! } };
}
