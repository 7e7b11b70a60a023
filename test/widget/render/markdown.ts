/** Markdown for the renderer's tests: generated pieces that end and interrupt each other, and a long answer. */
import fc from "fast-check";

const word = fc.constantFrom(
  "alpha",
  "beta",
  "γ",
  "1",
  "2.",
  "-",
  "*",
  "**",
  "_",
  "`",
  "~~",
  "|",
  "[",
  "](",
  ")",
  "a*b",
);
const inline = fc.oneof(
  { weight: 3, arbitrary: word },
  fc.constantFrom(
    "**bold**",
    "*em*",
    "`code`",
    "~~gone~~",
    "[link](https://e.example/x)",
    "![alt](https://e.example/i.png)",
  ),
  fc.constantFrom("https://e.example/y", "<b>", "&amp;", "\\*", "__x__", "`` ` ``", "[1]", "snake_case_name"),
);
const phrase = fc.array(inline, { minLength: 1, maxLength: 6 }).map((words) => words.join(" "));
const line = fc.oneof(
  { weight: 4, arbitrary: phrase },
  fc
    .tuple(
      fc.constantFrom("# ", "### ", "- ", "- [ ] ", "- [x] ", "1. ", "7) ", "> ", "  - ", "   ", "    ", "> - "),
      phrase,
    )
    .map(([mark, text]) => mark + text),
  fc.constantFrom(
    "---",
    "===",
    "***",
    "```",
    "```js",
    "~~~",
    "| a | b |",
    "|---|:-:|",
    "| 1 | **2** |",
    "-",
    "1.",
    "<div>",
    "</div>",
    "<!-- x",
  ),
);
/** Lines of every kind, with and without blank lines between them. */
export const anyMarkdown = fc
  .array(fc.tuple(line, fc.constantFrom("\n", "\n", "\n\n", "\n\n\n", "\r\n")), { maxLength: 24 })
  .map((lines) => lines.map(([text, end]) => text + end).join(""));
const longList = fc
  .array(phrase, { minLength: 9, maxLength: 24 })
  .map((items) => items.map((item, i) => `${i + 1}. ${item}\n`).join("") + "\n");
const longTable = fc
  .array(fc.tuple(phrase, phrase), { minLength: 9, maxLength: 24 })
  .map((rows) => `| h | i |\n|---|---|\n${rows.map(([a, b]) => `| ${a} | ${b} |\n`).join("")}\n`);
/** Adds lists and tables long enough to be settled in parts. */
export const longMarkdown = fc
  .array(fc.oneof(anyMarkdown, longList, longTable), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(""));

/** Well-formed blocks, each followed by a blank line. */
export const tidyMarkdown = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "Some **bold _and em_** text",
        "A `code **span**` and a [link](https://e.example/a_b)",
        "Two\nlines *of\nwords*",
      ),
      fc.constantFrom(
        "# Title *one*",
        "- one\n- **two**\n  - [x] three\n",
        "1. a\n2. b\n\n   more `b`",
        "> quoted **words**\n> more",
        "---",
      ),
      fc.constantFrom(
        "```js\nconst a = b * c;\n\n# no title\n```",
        "| a | **b** |\n|---|---|\n| 1 | `2` |",
        "![alt](https://e.example/i.png) end",
      ),
    ),
    { maxLength: 8 },
  )
  .map((blocks) => blocks.join("\n\n") + "\n");

/** Cuts a text at up to `cuts` places. */
export const split = (text: string, cuts: readonly number[]): string[] => {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [...places.map((to) => text.slice(0, to)), text];
};

/** An answer of about `chars` characters with what answers are made of. */
export function longAnswer(chars: number): string {
  const section = (n: number): string =>
    `## Part ${n}\n\nSome **bold** text with \`code\`, a [link](https://e.example/${n}) and *more* of it, long enough to wrap.\n\n` +
    `- first of ${n}\n- second\n  - nested\n- third\n\n> quoted\n\n` +
    `| a | b |\n|---|---|\n| ${n} | 2 |\n\n\`\`\`js\nconst n = ${n};\nconsole.log(n);\n\`\`\`\n\n`;
  let text = "";
  for (let n = 1; text.length < chars; n++) text += section(n);
  return text.slice(0, chars);
}
