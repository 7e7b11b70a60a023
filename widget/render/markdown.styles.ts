/** The look of an answer's text. */
import { css } from "lit";

export const markdownStyles = css`
  .md {
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  /* Each paragraph reads in the direction of its own first letter, whatever the language of the page. */
  .md :is(p, h1, h2, h3, h4, h5, h6),
  .bubble,
  .note,
  .welcome p,
  .starters button,
  textarea,
  .grow::after {
    unicode-bidi: plaintext;
  }
  /*
   * A run of blocks out of sight costs nothing, and a full group of runs not even a look at them; once they were seen
   * their height is known. The padding keeps focus rings inside what containment clips.
   */
  .md > div:not(:last-of-type) {
    content-visibility: auto;
    contain-intrinsic-size: auto 960rem;
  }
  .run {
    content-visibility: auto;
    contain-intrinsic-size: auto 60rem;
  }
  .md > div,
  .run {
    margin-inline: -0.25rem;
    padding-inline: 0.25rem;
  }
  .md > :first-child > :first-child > :first-child,
  blockquote > :first-child,
  li > :first-child {
    margin-block-start: 0;
  }
  .run > :last-child,
  blockquote > :last-child,
  li > :last-child {
    margin-block-end: 0;
  }
  .md :where(p, ul, ol, blockquote, figure, .table) {
    margin-block: 0.75em;
    margin-inline: 0;
  }
  .md :is(h1, h2, h3, h4, h5, h6) {
    margin-block: 1.5em 0.5em;
    font-size: 1em;
    font-weight: 650;
    line-height: 1.35;
    letter-spacing: -0.005em;
  }
  .md h1 {
    font-size: 1.375em;
  }
  .md h2 {
    font-size: 1.2em;
  }
  .md h3 {
    font-size: 1.0625em;
  }
  .md :is(ul, ol) {
    padding-inline-start: 1.625em;
  }
  .md li {
    margin-block: 0.25em;
  }
  .md li::marker {
    color: var(--_muted);
  }
  .md li > :is(ul, ol) {
    margin-block: 0.25em;
  }
  .md .task {
    list-style: none;
  }
  .check {
    margin-inline: -1.375em 0.375em;
  }
  .md a {
    color: var(--_accent);
    text-underline-offset: 0.18em;
    text-decoration-thickness: 1px;
  }
  .md blockquote {
    padding-inline-start: 1em;
    border-inline-start: 3px solid var(--_line);
    color: var(--_muted);
  }
  .md hr {
    margin-block: 1.5em;
    border: 0;
    border-block-start: 1px solid var(--_line);
  }
  .raw {
    white-space: pre-wrap;
  }
  code {
    font-family: var(--_mono);
    font-size: 0.875em;
  }
  :not(pre) > code {
    padding: 0.125em 0.375em;
    background: var(--_soft);
    border-radius: calc(var(--_radius) * 0.3);
    -webkit-box-decoration-break: clone;
    box-decoration-break: clone;
  }
  .code {
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 0.75);
    overflow: clip;
    background: var(--ai-stream-code-background, light-dark(#f8f9fa, #1c1e23));
  }
  figcaption {
    display: flex;
    justify-content: space-between;
    align-items: center;
    padding: 0.25rem 0.375rem 0.25rem 0.875rem;
    padding-inline: 0.875rem 0.375rem;
    font-size: 0.75rem;
    color: var(--_muted);
    border-block-end: 1px solid var(--_line);
  }
  pre {
    margin: 0;
    padding: 0.75rem 0.875rem;
    overflow-x: auto;
    outline-offset: -2px;
    line-height: 1.55;
    tab-size: 4;
    /* Code reads left to right in every language. */
    direction: ltr;
    text-align: left;
    overflow-wrap: normal;
  }
  code > span,
  .raw > span {
    display: block;
  }
  .tok-comment {
    color: light-dark(#5b6675, #9aa4b2);
  }
  .tok-string {
    color: light-dark(#0a6b3d, #8fd19e);
  }
  .tok-number {
    color: light-dark(#8f4500, #f0b27a);
  }
  .tok-keyword {
    color: light-dark(#7a1fa2, #d0a3ff);
  }
  .tok-name {
    color: light-dark(#0b57a4, #8ab8ff);
  }
  .tok-type {
    color: light-dark(#7a5200, #f2cc8f);
  }
  .tok-add {
    color: light-dark(#0a6b3d, #8fd19e);
  }
  .tok-remove {
    color: light-dark(#a11d2e, #ff9aa2);
  }
  .formula,
  .math.display,
  .rendered {
    display: block;
    overflow-x: auto;
    padding-block: 0.25rem;
    text-align: center;
  }
  .footnotes {
    margin-block-start: 1.5em;
    border-block-start: 1px solid var(--_line);
    font-size: 0.875em;
    color: var(--_muted);
  }
  .footnote {
    min-inline-size: 1.5rem;
    min-block-size: 1.5rem;
    margin-inline: -0.25em;
    padding: 0 0.25em;
    border: 0;
    background: none;
    color: var(--_accent);
    font: inherit;
    cursor: pointer;
  }
  sup {
    line-height: 1;
  }
  .image button {
    padding: 0;
    border: 0;
    background: none;
    color: var(--_accent);
    font: inherit;
    text-decoration: underline;
    cursor: pointer;
  }
  .image.loaded {
    padding: 0;
    border: 0;
  }
  .image img {
    max-inline-size: 100%;
    block-size: auto;
    border-radius: 0.5rem;
  }
  .image {
    display: inline-block;
    padding: 0.125rem 0.625rem;
    border: 1px dashed var(--_line);
    border-radius: calc(var(--_radius) * 0.5);
    font-size: 0.875em;
    color: var(--_muted);
  }
  .table {
    overflow-x: auto;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 0.75);
    outline-offset: -2px;
  }
  table {
    inline-size: 100%;
    border-collapse: collapse;
    font-size: 0.9375em;
    overflow-wrap: normal;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 0.4375rem 0.875rem;
    text-align: start;
    vertical-align: top;
    border-block-end: 1px solid var(--_line);
  }
  tr:last-child td {
    border-block-end: 0;
  }
  th {
    font-weight: 600;
    white-space: nowrap;
    background: var(--_soft);
  }
  .center {
    text-align: center;
  }
  .right {
    text-align: end;
    white-space: nowrap;
  }
`;
