/** Pages of a site that is not the proxy's: what a test writes, on loopback, with the headers it wants. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface SitePage {
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PageServer extends AsyncDisposable {
  readonly url: string;
  /** By path; may be filled after the start, when the address of the proxy is known. */
  readonly pages: Map<string, SitePage>;
}

export async function openPageServer(): Promise<PageServer> {
  const pages = new Map<string, SitePage>();
  const server = createServer(({ url = "/" }, response) => {
    const page = pages.get(new URL(url, "http://page").pathname);
    if (page === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...page.headers }).end(page.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pages,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
