/** The examples of the frameworks, built as their authors would and opened in a browser: asked, answered, told, set. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openPageServer } from "./page-server.ts";
import type { PageServer } from "./page-server.ts";
import { ChatPage, openWorld, useBrowser } from "./world.ts";

useBrowser();

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXAMPLES = join(ROOT, "demo/examples");
const MEDIA_TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };
const built = mkdtempSync(join(tmpdir(), "ai-stream-examples-"));
after(() => rmSync(built, { recursive: true, force: true }));

test("the examples are typed", async () => {
  const told = await run(process.execPath, [join(ROOT, "node_modules/.bin/tsc"), "-p", EXAMPLES], { cwd: ROOT }).catch(
    (error: unknown) => error,
  );
  assert.equal((told as { stdout: string }).stdout, "");
});

for (const name of ["plain", "react", "vue", "svelte", "angular"]) {
  test(`the ${name} example asks, reads the answer, is told of its end, and sets a property`, async () => {
    await using site = await openPageServer();
    await using world = await openWorld({ access: { origins: [site.url] } });
    await serve(name, site, world.wire.url);
    const chat = await ChatPage.open(await world.context.newPage(), site.url);
    const placeholder = await chat.page.locator("ai-stream [part~=input]").getAttribute("placeholder");
    assert.equal(placeholder?.toLowerCase(), `ask the ${name} page`);
    await chat.ask("hello");
    const call = await world.provider.next();
    await call.write("Hello ", "there.");
    call.finish();
    await chat.reads("Hello there.");
    await chat.page.locator("output", { hasText: "Ended: stop" }).waitFor();
    assert.deepEqual(chat.errors, []);
  });
}

/** Builds an example, unless a browser reads it as it is, and puts the address of the proxy into it. */
async function serve(name: string, { pages }: PageServer, proxyUrl: string): Promise<void> {
  const outDir = join(built, name);
  const vite = join(ROOT, "node_modules/vite/bin/vite.js");
  const config = join(EXAMPLES, "vite.config.ts");
  const from = name === "plain" ? join(EXAMPLES, name) : outDir;
  if (name !== "plain")
    await run(process.execPath, [
      ...[vite, "build", join(EXAMPLES, name), "--config", config],
      ...["--outDir", outDir, "--logLevel", "error"],
    ]);
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const body = readFileSync(path, "utf8").replaceAll("https://proxy.example", proxyUrl);
    const headers = { "content-type": `${MEDIA_TYPES[extname(path)] ?? "text/plain"}; charset=utf-8` };
    const at = path.slice(from.length).replace(/^\/index\.html$/, "/");
    pages.set(at, { body, headers });
  }
}
