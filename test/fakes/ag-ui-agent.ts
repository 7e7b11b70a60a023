/** An AG-UI agent on loopback made of the public packages: it takes what their schema takes and sends what they encode. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import type { AGUIEvent, BaseEvent, RunAgentInput } from "@ag-ui/core";
import { EventSchema, RunAgentInputSchema } from "@ag-ui/core/schemas";
import { EventEncoder } from "@ag-ui/encoder";

/** One `POST` of a run's input that the schema accepted. */
export interface AgentRun {
  readonly input: RunAgentInput;
  /** Sends these events. Resolves when the kernel has them. @throws what the schema says of an event that is none */
  emit(...events: readonly AGUIEvent[]): Promise<void>;
  /** Ends the response. */
  close(): void;
}

export interface AgUiAgent extends AsyncDisposable {
  /** What to configure as `url`. */
  readonly url: string;
  /** Runs ever asked for, those with an input that the schema refused included. */
  readonly requests: number;
  /** What the schema said of inputs that it refused: each was answered with 422. */
  readonly refused: readonly string[];
  /** The next run, in order of arrival. */
  next(): Promise<AgentRun>;
}

export async function openAgUiAgent(): Promise<AgUiAgent> {
  const arrived: AgentRun[] = [];
  const waiting: ((run: AgentRun) => void)[] = [];
  const refused: string[] = [];
  let requests = 0;

  const server = createServer(async (request, response) => {
    if (request.method !== "POST" || request.url !== "/agent") {
      response.writeHead(404).end();
      return;
    }
    requests++;
    const input = RunAgentInputSchema.safeParse(JSON.parse(await readText(request)));
    if (!input.success) {
      refused.push(input.error.message);
      response.writeHead(422, { "content-type": "application/json" }).end(JSON.stringify({ error: input.error }));
      return;
    }
    const run = openRun(input.data as RunAgentInput, request, response);
    const first = waiting.shift();
    if (first === undefined) arrived.push(run);
    else first(run);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/agent`,
    get requests() {
      return requests;
    },
    refused,
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

function openRun(input: RunAgentInput, request: IncomingMessage, response: ServerResponse): AgentRun {
  const encoder = new EventEncoder({ accept: request.headers.accept ?? "" });
  response.writeHead(200, { "content-type": encoder.getContentType() });
  response.flushHeaders();
  return {
    input,
    emit: (...events) => {
      const bytes = Buffer.concat(events.map((event) => encoder.encodeBinary(EventSchema.parse(event) as BaseEvent)));
      return new Promise((resolve) => response.write(bytes, () => resolve()));
    },
    close: () => response.end(),
  };
}
