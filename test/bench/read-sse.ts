/** Reads one answer from an SSE response: OpenAI's chat form, its text alone, or our own entries. */
import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { createParser } from "eventsource-parser";

import type { Reading } from "./reading.ts";

interface SseEvent {
  readonly choices?: readonly { readonly delta: { readonly content?: string } }[];
  readonly type?: string;
  readonly kind?: string;
  readonly text?: string;
  readonly reason?: string;
  readonly error?: unknown;
}

const agent = new Agent({ keepAlive: true });

/** A proxy that has too much to do started nothing, and said when to come back. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super(`Refused; come back in ${retryAfterSeconds} s`);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface Question {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly body?: unknown;
}

/** Feeds the reading until the answer ends. */
export function readSse(question: Question, reading: Reading): void {
  const asked = send(question, "text/event-stream", (response) => {
    const { statusCode, headers } = response;
    if (statusCode !== 200) {
      response.resume();
      const retryAfter = Number(headers["retry-after"]);
      const isRefusal = statusCode === 503 && retryAfter > 0;
      return reading.fail(isRefusal ? new Refusal(retryAfter) : new Error(`${question.url}: HTTP ${statusCode}`));
    }
    const parser = createParser({ onEvent: ({ data, event }) => event === undefined && readEvent(data, reading) });
    response.setEncoding("utf8");
    response.on("data", (text: string) => parser.feed(text));
    response.on("close", () => reading.fail(new Error(`${question.url} closed before the answer ended`)));
  });
  asked.on("error", (error) => reading.fail(error));
}

/** Opens a response and takes nothing of it. Returns how to go. */
export function stallSse(question: Question): () => void {
  const asked = send(question, "text/event-stream", () => {});
  asked.on("error", () => {});
  return () => asked.destroy();
}

/** One JSON request, its JSON answer. @throws {Error} for a status other than 2xx. */
export function ask<Answer>(question: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = send(question, "application/json", (response) => {
      response
        .toArray()
        .then((parts: Buffer[]) => {
          const text = Buffer.concat(parts).toString("utf8");
          if (response.statusCode! >= 300) throw new Error(`${question.url}: HTTP ${response.statusCode} ${text}`);
          resolve(JSON.parse(text) as Answer);
        })
        .catch(reject);
    });
    asked.on("error", reject);
  });
}

function send(
  { method, url, body }: Question,
  accept: string,
  onResponse: (response: IncomingMessage) => void,
): ClientRequest {
  const headers = { accept, ...(body === undefined ? {} : { "content-type": "application/json" }) };
  return httpRequest(url, { method, agent, headers }, onResponse).end(body === undefined ? "" : JSON.stringify(body));
}

function readEvent(json: string, reading: Reading): void {
  if (json === "[DONE]") return reading.end();
  const event = JSON.parse(json) as SseEvent;
  if (event.choices !== undefined) reading.take(event.choices[0]?.delta.content ?? "");
  else if (event.type === undefined || (event.type === "delta" && event.kind === "text"))
    reading.take(event.text ?? "");
  else if (event.type === "stream.end") endWith(event, reading);
}

/** A stream that ended for another reason than the provider's stop has not delivered its answer. */
export function endWith(end: { readonly reason?: string; readonly error?: unknown }, reading: Reading): void {
  if (end.reason === "stop") reading.end();
  else reading.fail(new Error(`The stream ended early: ${JSON.stringify(end)}`));
}
