/** What a part of the page that is loaded later is given, so that its file imports nothing the first load has already. */
import { css, html, nothing, svg } from "lit";
import { live } from "lit/directives/live.js";
import { link } from "../render/link.ts";
import { duration } from "./duration.ts";
import { draw, icon } from "./icons.ts";

export const kit = {
  css,
  draw,
  duration,
  html,
  icon,
  link,
  live: live as (value: unknown) => unknown,
  nothing,
  svg,
} as const;
export type Kit = typeof kit;
