/** `ai-stream ask`: streams an answer in the terminal. The text goes to stdout and nothing else; the rest to stderr. */
import { StreamError, visibleText } from "../../protocol/index.ts";
import type { Message } from "../../protocol/index.ts";
import { createClient } from "../../widget/client.ts";
import type { Arguments } from "../cli.ts";
import { ConfigError } from "../config.ts";

const DEFAULT_URL = "http://127.0.0.1:8787";

export async function ask({ positionals, values }: Arguments): Promise<number> {
  const input = positionals.join(" ").trim();
  if (input === "") throw new ConfigError([{ path: "ask", found: "no question", expected: 'ai-stream ask "…"' }]);
  const client = createClient({
    endpoint: values["url"] ?? process.env["AI_STREAM_URL"] ?? DEFAULT_URL,
    agent: values["agent"],
    accessToken: values["token"] ?? process.env["AI_STREAM_TOKEN"],
  });
  const print = new Printer();
  const reading = new AbortController();
  // Whoever read our output has enough (`ask … | head`): that is no failure, and the answer goes on at the proxy.
  process.stdout.once("error", () => reading.abort());
  try {
    const { signal } = reading;
    // What is in a pipe or a file cannot be taken back; on a terminal a person sees where an answer begins again.
    const hold = process.stdout.isTTY !== true;
    const answer = client.stream({ input }, { onMessage: (message) => print.show(message), hold, signal });
    // Ctrl-C is a stop, not a hang-up: the provider must not go on for nobody.
    process.once("SIGINT", () => void answer.started.then(({ id }) => client.cancel(id)));
    const message = await answer.done;
    print.end(message);
    return message.status === "complete" ? 0 : 1;
  } catch (thrown) {
    if (reading.signal.aborted) return 0;
    throw thrown;
  } finally {
    client.close();
  }
}

/** Prints what is new in each state of the message. */
class Printer {
  #text = "";
  #thinking = "";
  readonly #tools = new Map<string, string>();

  show(message: Message): void {
    const thinking = textOf(message, "reasoning");
    if (thinking !== this.#thinking) process.stderr.write(faint(added(this.#thinking, thinking)));
    this.#thinking = thinking;
    for (const block of message.blocks) {
      if (block.kind !== "tool" || this.#tools.get(block.callId) === block.state) continue;
      this.#tools.set(block.callId, block.state);
      const args = block.args === undefined ? block.argsText : JSON.stringify(block.args);
      process.stderr.write(
        `${faint(`[tool ${block.name} ${block.state}${block.state === "input" ? "" : ` ${args}`}]`)}\n`,
      );
    }
    const text = visibleText(message);
    if (!text.startsWith(this.#text)) process.stderr.write(`\n${faint("[the answer begins again]")}\n`);
    process.stdout.write(added(this.#text, text));
    this.#text = text;
  }

  end(message: Message): void {
    // On a terminal the prompt belongs on a line of its own; in a pipe the text stays exactly the text.
    if (process.stdout.isTTY) process.stdout.write("\n");
    const refusal = textOf(message, "refusal");
    if (refusal !== "") process.stderr.write(`[refused] ${refusal}\n`);
    for (const block of message.blocks) {
      if (block.kind === "tool" && block.state === "input") {
        process.stderr.write(`${faint(`[tool ${block.name} called with ${block.argsText || "nothing"}]`)}\n`);
      }
      if (block.kind === "source") process.stderr.write(`${faint(`[source] ${block.title ?? ""} ${block.url}`)}\n`);
    }
    const { reason, error } = message.end!;
    if (error !== undefined)
      process.stderr.write(`[${reason}] ${StreamError.fromWire(error).message} (${error.code})\n`);
    else if (reason !== "stop") process.stderr.write(`[${reason}]\n`);
  }
}

const textOf = (message: Message, kind: "reasoning" | "refusal"): string =>
  message.blocks.map((block) => (block.kind === kind ? block.text : "")).join("");

/** What came to a text; all of it when the text began again. */
const added = (before: string, now: string): string => (now.startsWith(before) ? now.slice(before.length) : now);

const faint = (text: string): string => (process.stderr.isTTY && text !== "" ? `\x1b[2m${text}\x1b[22m` : text);
