/** What a page wrote on the element, checked: a wrong value becomes a clear message or the default, never a throw. */
import type { PropertyDeclarations } from "lit";
import { StreamError } from "../protocol/index.ts";
import type { WireError } from "../protocol/index.ts";
import type { PageTools } from "./page-tools.ts";
import type { StreamOptions } from "./stream-controller.ts";

export const PROPERTIES: PropertyDeclarations = {
  endpoint: {},
  agent: {},
  mode: { reflect: true, useDefault: true },
  prompt: {},
  conversation: {},
  transport: {},
  accessToken: { attribute: "access-token" },
  pace: {},
  theme: { reflect: true, useDefault: true },
  placeholder: {},
  lang: { reflect: true, useDefault: true },
  readonly: { type: Boolean, reflect: true },
  open: { type: Boolean, reflect: true },
  labels: { attribute: false },
  tools: { attribute: false },
  getAccessToken: { attribute: false },
  draft: { state: true, attribute: false },
};

export type Mode = "chat" | "answer";

/** Modes that were asked for and are not there; each is told once. */
const told = new Set<string>();

/** The mode to show; one this version does not know shows as `chat`, with one warning for the page's author. */
export function modeOf(mode: string): Mode {
  if (mode === "chat" || mode === "answer") return mode;
  if (!told.has(mode)) {
    told.add(mode);
    // oxlint-disable-next-line no-console -- the page's author is the one to tell
    console.warn(`<ai-stream> mode: found "${mode}", expected "chat" or "answer"; showing "chat"`);
  }
  return "chat";
}

/** What is wrong with the `endpoint` attribute, or null. Relative addresses are the page's own server. */
export function mistakeIn(endpoint: string): WireError | null {
  const url = endpoint !== "" && URL.canParse(endpoint, document.baseURI) ? new URL(endpoint, document.baseURI) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return null;
  const found = endpoint === "" ? "nothing" : JSON.stringify(endpoint);
  const message = `endpoint: found ${found}, expected the proxy's http or https address`;
  return new StreamError("invalid_request", message, { field: "endpoint" }).toJSON();
}

/** The attributes a connection depends on, as the element holds them. */
export interface Route {
  readonly endpoint: string;
  readonly agent: string;
  readonly conversation: string;
  readonly transport: string;
  readonly accessToken: string;
  readonly getAccessToken: (() => string | Promise<string>) | undefined;
}

/** The values to compare: another one means another connection, or another conversation. */
export const routeOf = (of: Route): readonly unknown[] => [
  of.endpoint,
  of.agent,
  of.conversation,
  of.transport,
  of.accessToken,
  of.getAccessToken,
];

export function streamOptions(
  of: Route & { readonly pace: string; readonly readonly: boolean; readonly tools: PageTools },
  onEvent: (event: Event) => void,
): StreamOptions {
  return {
    // With a wrong address there is nothing to connect to, whatever a relative one would resolve to.
    endpoint: mistakeIn(of.endpoint) === null ? of.endpoint : "invalid:",
    agent: of.agent,
    conversation: of.conversation,
    transport: of.transport,
    accessToken: of.accessToken,
    getAccessToken: of.getAccessToken,
    pace: of.pace,
    readonly: of.readonly,
    // Who may only read does not act either.
    tools: of.readonly ? undefined : of.tools,
    onEvent,
  };
}
