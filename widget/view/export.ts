/** A conversation as a Markdown file. */
import type { ChatMessage } from "../chat.ts";
import type { Labels } from "../labels.ts";

/** The shown branch, a heading for each message; sources become links below their answer. */
export function toMarkdown(messages: readonly ChatMessage[], { you, answer, sources }: Labels): string {
  const parts = messages.map((message) => {
    if (message.role === "user") {
      const files = message.attachments.map(({ name }) => `\n\n📎 ${name}`).join("");
      return `## ${you}\n\n${message.text}${files}`;
    }
    const text = message.blocks.map((block) => (block.kind === "text" ? block.text : "")).join("");
    const cited = message.blocks.flatMap((block) => (block.kind === "source" ? [block] : []));
    const list = cited.map(({ url, title }, index) => `${index + 1}. [${escaped(title ?? url)}](<${url}>)`).join("\n");
    return `## ${answer}\n\n${text}${list === "" ? "" : `\n\n### ${sources}\n\n${list}`}`;
  });
  return `${parts.join("\n\n")}\n`;
}

const escaped = (title: string): string => title.replace(/[\\[\]]/g, "\\$&");

/** Long enough for the slowest browser to begin reading the file, in milliseconds. */
const KEPT_MS = 60_000;

/** Lets the reader save it, under the day's date. */
export function saveMarkdown(messages: readonly ChatMessage[], labels: Labels): void {
  const url = URL.createObjectURL(new Blob([toMarkdown(messages, labels)], { type: "text/markdown" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${labels.conversation} ${new Date().toISOString().slice(0, 10)}.md`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
