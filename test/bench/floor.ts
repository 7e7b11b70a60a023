/**
 * A process: the least a proxy can do. For each viewer one upstream request; each event is parsed with eventsource-parser
 * and JSON.parse and written again as SSE. It stores nothing, resumes nothing, checks nothing.
 * `node floor.ts URL` writes the whole event again; `node floor.ts URL text` only its text.
 */
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { createParser } from "eventsource-parser";

import { serve } from "./serve.ts";

interface Chat {
  readonly choices: readonly { readonly delta: { readonly content?: string } }[];
}

const upstream = process.argv[2]!;
const textOnly = process.argv[3] === "text";
const agent = new Agent({ keepAlive: true });

await serve(createServer(relay));

function relay(viewer: IncomingMessage, response: ServerResponse): void {
  const options = { method: "POST", agent, headers: { "content-type": "application/json" } };
  const asked = httpRequest(`${upstream}/v1/chat/completions`, options, (answer) => copy(answer, response));
  asked.on("error", () => response.destroy());
  response.on("close", () => asked.destroy());
  viewer.pipe(asked);
}

function copy(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === "[DONE]") return response.write("data: [DONE]\n\n");
      const chat = JSON.parse(data) as Chat;
      response.write(`data: ${JSON.stringify(textOnly ? { text: chat.choices[0]?.delta.content ?? "" } : chat)}\n\n`);
    },
  });
  answer.setEncoding("utf8");
  answer.on("data", (text: string) => {
    parser.feed(text);
    if (response.writableNeedDrain) answer.pause();
  });
  response.on("drain", () => answer.resume());
  answer.on("end", () => response.end());
  answer.on("error", () => response.destroy());
}
