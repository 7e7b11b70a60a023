/** A page of another site under the strictest policy there is: everything the element does works, and nothing is reported. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import type { ProviderCall } from "../fakes/scripted-provider.ts";
import { openPageServer } from "./page-server.ts";
import { ChatPage, openWorld, useBrowser } from "./world.ts";

useBrowser();

const ANSWER = [
  "# Heading\n\nSome **bold**, a [link](https://example.com), ~~gone~~ and",
  " `code`.\n\n- [x] done\n- [ ] open\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n",
  "```js\nconst answer = 42; // why\n```\n\nInline $x^2$ and\n\n$$\n\\int_0^1 x\\,dx\n$$\n\n",
  "![a picture](https://images.example/p.png)\n\n<b onclick=alert(1)>html</b>\n\nThe end.",
];

/** A picture of the page's own that its policy forbids: the proof that what is forbidden is told. */
const OWN = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";
const isOwn = (complaint: string): boolean => complaint.startsWith("img-src data ") || complaint.includes(OWN);

/** How a page may trust the script; both with nothing else allowed to run. */
const POLICIES: Readonly<Record<string, (proxy: string, hash: string) => string>> = {
  "by its nonce and hash": (_proxy, hash) => `'nonce-Zm9v' '${hash}' 'strict-dynamic'`,
  "by where it comes from": (proxy) => `${proxy}/`,
};

for (const [how, scriptSource] of Object.entries(POLICIES)) {
  test(`a locked page that trusts the script ${how} reports nothing`, async () => {
    await using site = await openPageServer();
    await using world = await openWorld({
      access: { origins: [site.url] },
      agents: { default: { models: ["scripted/scripted"], pageMay: ["tools"], show: { toolArguments: true } } },
    });
    const proxy = world.wire.url;
    const { "ai-stream.js": hash } = JSON.parse(
      readFileSync(fileURLToPath(new URL("../../dist/ai-stream.integrity.json", import.meta.url)), "utf8"),
    ) as { "ai-stream.js": string };
    const policy = [
      "default-src 'none'",
      `script-src ${scriptSource(proxy, hash)}`,
      `connect-src ${proxy} ${proxy.replace("http", "ws")}`,
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join("; ");
    site.pages.set("/", {
      headers: { "content-security-policy": policy },
      body: `<!doctype html><html lang="de"><title>Locked</title><link rel="icon" href="${OWN}"><img src="${OWN}" alt="">
        <script type="module" nonce="Zm9v" crossorigin integrity="${hash}" src="${proxy}/ai-stream.js"></script>
        <ai-stream endpoint="${proxy}"></ai-stream>`,
    });
    const page = await world.context.newPage();
    const complaints = await listen(page);
    const chat = await ChatPage.open(page, site.url);
    assert.ok((await complaints()).some(isOwn), "the policy is not there, or nobody listens");

    await chat.ask("everything");
    const call = await world.provider.next();
    for (const text of ANSWER) await call.write(text);
    call.finish();
    const { status } = await chat.ended();
    assert.equal(status, "complete");
    for (const wanted of ["h1", "table td", ".check", "[part~=code]", "del", "a[href]", "math mi"])
      await page.locator(`ai-stream article.answer ${wanted}`).first().waitFor({ state: "attached" });
    // What the reader uses: a button of an answer, and the lazy parts behind it.
    await page.locator("ai-stream [part~=copy-code]").first().click();

    await page.evaluate(() => {
      const element = document.querySelector("ai-stream")!;
      element.tools = { mark: { description: "Marks", run: () => ({ marked: true }) } };
    });
    await chat.ask("a tool");
    const asking = await world.provider.next();
    await callMark(asking);
    const going = await world.provider.next();
    await going.write("Marked.");
    going.finish();
    await chat.ended();
    await chat.reads("Marked.");

    await page.reload();
    await page.locator("ai-stream article.answer").nth(1).waitFor();
    await chat.reads("Marked.");

    await chat.set("mode", "bubble");
    await page.evaluate(() => (document.querySelector("ai-stream")!.open = true));
    await page.locator("ai-stream [part~=input]").waitFor();
    await chat.ask("from the bubble");
    const last = await world.provider.next();
    await last.write("Here too.");
    last.finish();
    await chat.ended();
    await chat.reads("Here too.");

    assert.deepEqual(
      (await complaints()).filter((text) => !isOwn(text)),
      [],
    );
    assert.deepEqual(chat.errors, []);
  });
}

/** Collects what the page's policy complains of, and what the console says is wrong. */
async function listen(page: Page): Promise<() => Promise<readonly string[]>> {
  const told: string[] = [];
  await page.exposeBinding("tellViolation", (_source, text: string) => told.push(text));
  await page.addInitScript(() => {
    const { tellViolation } = globalThis as unknown as { tellViolation(text: string): void };
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample, sourceFile }) =>
      tellViolation(`${violatedDirective} ${blockedURI} ${sample} ${sourceFile}`),
    );
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") told.push(message.text());
  });
  // A violation is reported in a task of its own.
  return async () => {
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
    return told;
  };
}

/** The provider calls the page's tool. */
async function callMark(call: ProviderCall): Promise<void> {
  const event = (fields: object): string => `data: ${JSON.stringify({ id: "x", model: "scripted", ...fields })}\n\n`;
  const tool = { index: 0, id: "call_mark", type: "function", function: { name: "mark", arguments: "{}" } };
  await call.writeRaw(
    event({ choices: [{ index: 0, delta: { role: "assistant", tool_calls: [tool] }, finish_reason: null }] }) +
      event({ choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] }) +
      "data: [DONE]\n\n",
  );
  call.finish();
}
