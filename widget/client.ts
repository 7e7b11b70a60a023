/** The headless client: start, follow and read answers of a proxy, in browsers and Node, without any UI. */
import type { StartRequest } from "../protocol/index.ts";
import { Answer } from "./answer.ts";
import type { AnswerOptions } from "./answer.ts";
import { transports } from "./connection/transports.ts";
import { declareTools } from "./page-tools.ts";
import { ProxyClient } from "./proxy-client.ts";
import type { ClientOptions, RequestOptions } from "./proxy-client.ts";

export type { Batch } from "./buffer/token-buffer.ts";
export type { AgentNote, ConversationSnapshot } from "./chat.ts";
export type { Message, Started, StartRequest, ToolOutcome } from "../protocol/index.ts";
export { isStreamError, StreamError, visibleText } from "../protocol/index.ts";
export { Answer } from "./answer.ts";
export type { AnswerOptions } from "./answer.ts";
export type { PageTool, PageTools } from "./page-tools.ts";
export type { ClientOptions, RequestOptions } from "./proxy-client.ts";

/**
 * ```ts
 * const client = createClient({ endpoint: "https://proxy.example" });
 * for await (const message of client.stream({ input: "Hello" })) show(visibleText(message));
 * client.close();
 * ```
 * @throws {StreamError} `invalid_request` for an endpoint that is no http(s) address
 */
export const createClient = (options: ClientOptions): Client => new Client(options);

/** Reads whole answers too; the element reads them its own way, and does without. */
export class Client extends ProxyClient {
  constructor(options: ClientOptions) {
    super(options, transports);
  }

  /** Starts an answer and reads it: iterate its states, or await `done`. */
  stream(request: StartRequest, options: AnswerOptions & RequestOptions = {}): Answer {
    const { tools } = options;
    const declared = tools === undefined ? {} : { tools: [...declareTools(tools), ...(request.tools ?? [])] };
    this.connection.open();
    return new Answer(this, () => this.start({ ...request, ...declared }, options), options);
  }
}
