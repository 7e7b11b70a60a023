/** What GitHub's extensions of CommonMark draw: each rule of the specification's chapters on them, in examples of our own. */

export interface GfmExample {
  readonly name: string;
  readonly markdown: string;
  readonly html: string;
}

const link = (href: string, words = href): string => `<a href="${href}">${words}</a>`;
const table = (head: string, body = ""): string =>
  `<table><thead><tr>${head}</tr></thead>${body === "" ? "" : `<tbody>${body}</tbody>`}</table>`;
const p = (words: string): string => `<p>${words}</p>`;

export const GFM: readonly GfmExample[] = [
  {
    name: "a table has a head, a line below it and rows",
    markdown: "| a | b |\n| - | - |\n| 1 | 2 |",
    html: table("<th>a</th><th>b</th>", "<tr><td>1</td><td>2</td></tr>"),
  },
  {
    name: "colons in the line say the side; outer pipes may be missing, cells need not stand in columns",
    markdown: "| ab | cde |\n:-: | ------:\nf | g",
    html: table(
      '<th align="center">ab</th><th align="right">cde</th>',
      '<tr><td align="center">f</td><td align="right">g</td></tr>',
    ),
  },
  {
    name: "an escaped pipe is a character, in code as well",
    markdown: "| f\\|o |\n| --- |\n| a `\\|` b |\n| c **\\|** d |",
    html: table("<th>f|o</th>", "<tr><td>a <code>|</code> b</td></tr><tr><td>c <strong>|</strong> d</td></tr>"),
  },
  {
    name: "another block ends a table",
    markdown: "| a | b |\n| --- | --- |\n| 1 | 2 |\n> c",
    html: `${table("<th>a</th><th>b</th>", "<tr><td>1</td><td>2</td></tr>")}<blockquote><p>c</p></blockquote>`,
  },
  {
    name: "a blank line ends a table, text without pipes does not",
    markdown: "| a | b |\n| --- | --- |\n| 1 | 2 |\nx\n\nx",
    html: `${table("<th>a</th><th>b</th>", "<tr><td>1</td><td>2</td></tr><tr><td>x</td><td></td></tr>")}${p("x")}`,
  },
  {
    name: "head and line must have as many cells",
    markdown: "| a | b |\n| --- |\n| c |",
    html: p("| a | b |\n| --- |\n| c |"),
  },
  {
    name: "rows may have fewer cells, and more than the head are dropped",
    markdown: "| a | b |\n| --- | --- |\n| c |\n| d | e | f |",
    html: table("<th>a</th><th>b</th>", "<tr><td>c</td><td></td></tr><tr><td>d</td><td>e</td></tr>"),
  },
  { name: "a table may have no rows", markdown: "| a | b |\n| --- | --- |", html: table("<th>a</th><th>b</th>") },
  {
    name: "the head may be the last line of a paragraph",
    markdown: "words\n| a |\n| --- |\n| 1 |",
    html: p("words") + table("<th>a</th>", "<tr><td>1</td></tr>"),
  },
  {
    name: "brackets at the beginning of an item are a box",
    markdown: "- [ ] a\n- [x] b\n- [X] c",
    html: "<ul><li>☐a</li><li>☑b</li><li>☑c</li></ul>",
  },
  {
    name: "boxes stand in lists of any depth",
    markdown: "- [x] a\n  - [ ] b\n  - [x] c\n- [ ] d",
    html: "<ul><li>☑a<ul><li>☐b</li><li>☑c</li></ul></li><li>☐d</li></ul>",
  },
  {
    name: "brackets elsewhere are none",
    markdown: "a [x] b\n\n- a [ ]",
    html: `${p("a [x] b")}<ul><li>a [ ]</li></ul>`,
  },
  { name: "one or two tildes strike through", markdown: "~~a~~ b, ~c~ d", html: p("<del>a</del> b, <del>c</del> d") },
  { name: "striking through ends with the paragraph", markdown: "a ~~b\n\nc~~ d", html: p("a ~~b") + p("c~~ d") },
  { name: "three tildes strike nothing", markdown: "a ~~~b~~~ c", html: p("a ~~~b~~~ c") },
  { name: "www. is an address", markdown: "www.e.example", html: p(link("http://www.e.example", "www.e.example")) },
  {
    name: "an address goes on to white space or <",
    markdown: "See www.e.example/help for more. www.e.example<x",
    html: p(
      `See ${link("http://www.e.example/help", "www.e.example/help")} for more. ${link("http://www.e.example", "www.e.example")}&lt;x`,
    ),
  },
  {
    name: "marks at its end are the sentence's",
    markdown: "Visit www.e.example. Visit www.e.example/a.b.",
    html: p(
      `Visit ${link("http://www.e.example", "www.e.example")}. Visit ${link("http://www.e.example/a.b", "www.e.example/a.b")}.`,
    ),
  },
  {
    name: "closing parentheses are the sentence's unless the address opened them",
    markdown: "https://e.example/s?q=(a)\n\n(https://e.example/s?q=(a))\n\n(https://e.example/s?q=(a)&b=c+(d))",
    html:
      p(link("https://e.example/s?q=(a)")) +
      p(`(${link("https://e.example/s?q=(a)")})`) +
      p(`(${link("https://e.example/s?q=(a)&amp;b=c+(d)")})`),
  },
  {
    name: "what looks like an entity at its end is not of it",
    markdown: "https://e.example/s?q=a&hl=en\n\nhttps://e.example/s?q=a&hl;",
    html: p(link("https://e.example/s?q=a&amp;hl=en")) + p(`${link("https://e.example/s?q=a")}&amp;hl;`),
  },
  {
    name: "http and https begin an address",
    markdown: "http://e.example (https://e.example/a)",
    html: p(`${link("http://e.example")} (${link("https://e.example/a")})`),
  },
  { name: "a mail address is one", markdown: "a@b.example", html: p(link("mailto:a@b.example", "a@b.example")) },
  {
    name: "a plus may stand before its @, not after",
    markdown: "hello@mail+x.example isn't, but hello+x@mail.example is.",
    html: p(`hello@mail+x.example isn't, but ${link("mailto:hello+x@mail.example", "hello+x@mail.example")} is.`),
  },
  {
    name: "a mail address ends neither with a dash nor with an underscore",
    markdown: "a.b-c_d@a.b\n\na.b-c_d@a.b.\n\na.b-c_d@a.b-\n\na.b-c_d@a.b_",
    html:
      p(link("mailto:a.b-c_d@a.b", "a.b-c_d@a.b")) +
      p(`${link("mailto:a.b-c_d@a.b", "a.b-c_d@a.b")}.`) +
      p("a.b-c_d@a.b-") +
      p("a.b-c_d@a.b_"),
  },
  {
    name: "notes stand at the end, in the order of their marks; one without a mark is not shown",
    markdown: "a[^b] c[^1]\n\n[^1]: one\n\n[^b]: *two*\n\n    more\n\n[^x]: three",
    html: `${p("a<sup>1</sup> c<sup>2</sup>")}<section><ol><li><p><em>two</em></p><p>more 1</p></li><li><p>one 2</p></li></ol></section>`,
  },
  { name: "a mark without a note is text", markdown: "a[^b]", html: p("a[^b]") },
];
