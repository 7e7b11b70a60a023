/** Networks between the page and the proxy that do not pass on what they get: the answer arrives, and its reader can be told why it is late. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { ChatPage, openWorld, pieces, useBrowser } from "./world.ts";

useBrowser();

/** How long it keeps an answer's bytes, in milliseconds: a middlebox that waits for a full buffer does the same. */
const LUMP_MS = 1_500;

/** About a tenth of a second. */
const FRAMES = 6;

/** A gateway that knows no WebSockets and passes event streams on in lumps. */
async function openGateway(proxyUrl: string, lumpMs: number): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((incoming, outgoing) => {
    const onward = request(proxyUrl + incoming.url!, { method: incoming.method!, headers: incoming.headers });
    outgoing.on("close", () => onward.destroy());
    onward.on("error", () => outgoing.destroy());
    onward.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      const isStream = answer.headers["content-type"]?.startsWith("text/event-stream") === true;
      if (!isStream || lumpMs === 0) return void answer.pipe(outgoing);
      answer.once("data", (first) => {
        outgoing.write(first);
        let lump: Buffer[] = [];
        const flush = (): void => void outgoing.write(Buffer.concat(lump.splice(0)));
        const timer = setInterval(flush, lumpMs);
        answer.on("data", (bytes: Buffer) => lump.push(bytes));
        answer.on("close", () => {
          clearInterval(timer);
          flush();
          lump = [];
          outgoing.end();
        });
      });
    });
    incoming.pipe(onward);
  });
  server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

for (const [what, lumpMs, detail] of [
  ["knows no WebSockets", 0, "upgrade_blocked"],
  ["passes answers on in lumps", LUMP_MS, "buffered"],
] as const) {
  test(`behind a gateway that ${what} the answer is whole, and the connection names it: ${detail}`, async () => {
    await using world = await openWorld();
    await using gateway = await openGateway(world.proxyUrl, lumpMs);
    const chat = await ChatPage.open(await world.context.newPage(), gateway.url);
    await chat.ask("Count slowly");
    const call = await world.provider.next();
    const all = pieces(60);
    const named = (): Promise<string | undefined> =>
      chat.page.evaluate(() => document.querySelector("ai-stream")!.connection.detail);
    let said = 0;
    // Some frames of the page between two pieces, so that they last for several lumps; at least four of them.
    let frames = 0;
    await chat.until(async () => {
      if (frames++ % FRAMES === 0 && said < all.length) await call.write(all[said++]!);
      return said >= 4 && (await named()) === detail;
    });
    call.finish();
    await chat.ended();
    await chat.reads(all.slice(0, said).join(""));
    assert.deepEqual(chat.errors, []);
  });
}
