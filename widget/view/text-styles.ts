/** What an answer's text can do without at first: the finer points, and what few hold: tasks, notes, formulas, images. */
import type { CSSResult } from "lit";
import type { Kit } from "./kit.ts";

export const textStyles = ({ css }: Kit): CSSResult => css`
  .md ::marker {
    color: var(--_muted);
  }
  .md a {
    text-underline-offset: 0.18em;
    text-decoration-thickness: 1px;
  }
  .md hr {
    margin-block: 1.5em;
    border: 0;
    border-block-start: var(--_edge);
  }
  pre {
    tab-size: 4;
  }
  table {
    font-variant-numeric: tabular-nums;
  }
  .md .task {
    list-style: none;
  }
  .check {
    margin-inline: -1.375em 0.375em;
  }
  :not(pre) > code {
    -webkit-box-decoration-break: clone;
    box-decoration-break: clone;
  }
  .raw {
    white-space: pre-wrap;
  }
  .tok-comment {
    color: light-dark(#5b6675, #9aa4b2);
  }
  .tok-string,
  .tok-add {
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
  .tok-remove {
    color: light-dark(#a11d2e, #ff9aa2);
  }
  .formula,
  .math.display,
  .rendered {
    display: block;
    overflow-x: auto;
    padding-block: 4px;
    text-align: center;
  }
  .footnotes {
    margin-block-start: 1.5em;
    border-block-start: var(--_edge);
    font-size: 0.875em;
    color: var(--_muted);
  }
  .footnote {
    min-inline-size: 24px;
    min-block-size: 24px;
    margin-inline: -0.125em -0.5em;
    padding: 0 0.25em;
    text-align: start;
    color: var(--_accent);
  }
  sup {
    line-height: 1;
  }
  .image {
    display: inline-block;
    padding: 2px 10px;
    border: 1px dashed var(--_line);
    border-radius: calc(var(--_radius) * 0.5);
    font-size: 0.875em;
    color: var(--_muted);
  }
  .image button {
    padding: 0;
    color: var(--_accent);
    text-decoration: underline;
  }
  .image.loaded {
    padding: 0;
    border: 0;
  }
  .image img {
    max-inline-size: 100%;
    block-size: auto;
    border-radius: 8px;
  }
  .center {
    text-align: center;
  }
  .right {
    text-align: end;
    white-space: nowrap;
  }
`;
