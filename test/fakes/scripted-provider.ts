/** An OpenAI-compatible provider on loopback that says what a test tells it to, when the test tells it to. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";

/** One `POST /v1/chat/completions` with `stream: true`. */
export interface ProviderCall {
  readonly body: { readonly model: string; readonly messages: readonly { role: string; content: unknown }[] };
  /** Resolves when the proxy's side closed the connection or the answer is finished. */
  readonly closed: Promise<void>;
  /** Sends these pieces of text, an event each. Resolves when the kernel has them. */
  write(...texts: readonly string[]): Promise<void>;
  /** Bytes as they are, to stop within an event. */
  writeRaw(bytes: string): Promise<void>;
  /** `finish_reason: stop`, the usage, `[DONE]`. */
  finish(): void;
  /** Resets the connection, as a crash does. */
  die(): void;
  /** Ends the answer politely, without its terminal event. */
  hangUp(): void;
}

export interface ScriptedProvider extends AsyncDisposable {
  /** What to configure as `baseUrl`. */
  readonly baseUrl: string;
  /** Chat requests ever received. */
  readonly requests: number;
  /** The next call, in order of arrival. */
  next(): Promise<ProviderCall>;
}

export async function openScriptedProvider(): Promise<ScriptedProvider> {
  const arrived: ProviderCall[] = [];
  const waiting: ((call: ProviderCall) => void)[] = [];
  let requests = 0;

  const server = createServer(async (request, response) => {
    if (request.method === "GET" && request.url === "/v1/models") {
      response.setHeader("content-type", "application/json").end('{"object":"list","data":[{"id":"scripted"}]}');
      return;
    }
    // Some servers go on from a partial answer under another path.
    if (request.method !== "POST" || !/^\/(v1|beta)\/chat\/completions$/.test(request.url ?? "")) {
      response.writeHead(404).end();
      return;
    }
    requests++;
    const call = await openCall(request, response);
    const first = waiting.shift();
    if (first === undefined) arrived.push(call);
    else first(call);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get requests() {
      return requests;
    },
    async next() {
      const first = arrived.shift();
      if (first !== undefined) return first;
      return new Promise((resolve) => waiting.push(resolve));
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function openCall(request: IncomingMessage, response: ServerResponse): Promise<ProviderCall> {
  const body = JSON.parse(await readText(request)) as ProviderCall["body"];
  const closed = Promise.withResolvers<void>();
  response.on("close", () => closed.resolve());
  response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": "req_scripted" });
  response.flushHeaders();
  const writeRaw = (bytes: string) => new Promise<void>((resolve) => response.write(bytes, () => resolve()));
  return {
    body,
    closed: closed.promise,
    writeRaw,
    write: (...texts) => writeRaw(texts.map((content) => event(choice({ content }))).join("")),
    finish() {
      response.end(
        event(choice({}, "stop")) +
          event({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 11, total_tokens: 18 } }) +
          "data: [DONE]\n\n",
      );
    },
    die: () => response.socket?.resetAndDestroy(),
    hangUp: () => void response.end(),
  };
}

const choice = (delta: object, finishReason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason: finishReason }],
});

const event = (fields: object): string =>
  `data: ${JSON.stringify({ id: "chatcmpl-scripted", object: "chat.completion.chunk", created: 1, model: "scripted", ...fields })}\n\n`;
