/** The look of an answer's text, as far as nearly every answer needs it; the rest comes with the desk. */
import { css } from "lit";

export const markdownStyles = css`
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
   * A run of blocks out of sight costs nothing, and a group that is full not even a look at its runs; once they were
   * seen their height is known. A group that still grows would be guessed by WebKit where it has one already. The
   * padding keeps focus rings inside what containment clips.
   */
  .md > div,
  .run {
    contain-intrinsic-size: auto 960px;
    margin-inline: -4px;
    padding-inline: 4px;
  }
  /* A class and no place among siblings: for those the styles of all that stands in them would be looked at. */
  .run,
  .md > .full {
    content-visibility: auto;
  }
  .md > .full {
    contain-intrinsic-block-size: auto 15360px;
  }
  .md :where(p, ul, ol) {
    margin-block: 0.75em;
  }
  .md :where(blockquote, figure, .table) {
    margin: 1em 0;
  }
  .md :is(h1, h2, h3, h4, h5, h6) {
    margin-block: 1.5em 0.5em;
    font-size: 1em;
    font-weight: 650;
    line-height: 1.35;
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
  .md > :first-child > :first-child > :first-child,
  :is(blockquote, li) > :first-child {
    margin-block-start: 0;
  }
  .run > :last-child,
  :is(blockquote, li) > :last-child {
    margin-block-end: 0;
  }
  .md :is(ul, ol) {
    padding-inline-start: 1.625em;
  }
  .md :is(li, li > ul, li > ol) {
    margin-block: 0.25em;
  }
  .md a {
    color: var(--_accent);
  }
  .md blockquote {
    padding-inline-start: 1em;
    border-inline-start: 3px solid var(--_line);
    color: var(--_muted);
  }
  code {
    font-family: var(--_mono);
    font-size: 0.875em;
  }
  :not(pre) > code {
    padding: 0.125em 0.375em;
    background: var(--_soft);
    border-radius: calc(var(--_radius) * 0.3);
  }
  .code,
  .table {
    border: var(--_edge);
    border-radius: var(--_corner);
    overflow: clip;
  }
  .code {
    background: var(--ai-stream-code-background, light-dark(#f8f9fa, #1c1e23));
  }
  figcaption {
    display: flex;
    justify-content: space-between;
    align-items: center;
    padding: 4px 6px;
    padding-inline-start: 14px;
    font-size: var(--_tiny);
    color: var(--_muted);
    border-block-end: var(--_edge);
  }
  pre {
    margin: 0;
    padding: 12px 14px;
    overflow-x: auto;
    outline-offset: -2px;
    line-height: 1.55;
    /* Code reads left to right in every language. */
    direction: ltr;
    text-align: left;
    overflow-wrap: normal;
  }
  code > span,
  .raw > span {
    display: block;
  }
  .md .table {
    overflow-x: auto;
    outline-offset: -2px;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: 0.9375em;
    overflow-wrap: normal;
  }
  th,
  td {
    padding: 7px 14px;
    text-align: start;
    vertical-align: top;
  }
  td {
    border-block-start: var(--_edge);
  }
  th {
    font-weight: 600;
    white-space: nowrap;
    background: var(--_soft);
  }
`;
