/** What a page wrote on the element, checked: a wrong value becomes a clear message or the default, never a throw. */
import type { PropertyDeclarations } from "lit";
import type { WireError } from "../protocol/index.ts";
import type { PageTools } from "./page-tools.ts";
import type { StreamOptions } from "./stream-controller.ts";
import type { Verbosity } from "./view/spoken.ts";

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
  verbosity: {},
  placeholder: {},
  readonly: { type: Boolean, reflect: true },
  open: { type: Boolean, reflect: true },
  feedback: { type: Boolean },
  images: {},
  links: {},
  labels: { attribute: false },
  renderers: { attribute: false },
  tools: { attribute: false },
  getAccessToken: { attribute: false },
  draft: { state: true, attribute: false },
};

export type Mode = "chat" | "answer" | "bubble";

/** The first of each is what a value that this version does not know is taken for. */
const MODES: readonly Mode[] = ["chat", "answer", "bubble"];
const VERBOSITIES: readonly Verbosity[] = ["sentences", "off", "status", "full"];

export const modeOf = (mode: string): Mode => choiceOf("mode", mode, MODES);
export const verbosityOf = (verbosity: string): Verbosity => choiceOf("verbosity", verbosity, VERBOSITIES);

/** Values that are none; each is told once. */
const told = new Set<string>();

function choiceOf<Choice extends string>(name: string, found: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((one) => one === found);
  if (choice !== undefined) return choice;
  if (!told.has(name + found)) {
    told.add(name + found);
    const expected = choices.map((one) => `"${one}"`).join(", ");
    // oxlint-disable-next-line no-console -- the page's author is the one to tell
    console.warn(`<ai-stream> ${name}: found "${found}", expected one of ${expected}; taking "${choices[0]}"`);
  }
  return choices[0]!;
}

/** What is wrong with the `endpoint` attribute, or null. Relative addresses are the page's own server. */
export function mistakeIn(endpoint: string): WireError | null {
  const url = endpoint !== "" && URL.canParse(endpoint, document.baseURI) ? new URL(endpoint, document.baseURI) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return null;
  const found = endpoint === "" ? "nothing" : JSON.stringify(endpoint);
  const message = `endpoint: found ${found}, expected the proxy's http or https address`;
  return { code: "invalid_request", message, retryable: false, field: "endpoint" };
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
    endpoint: of.endpoint,
    mistake: mistakeIn(of.endpoint),
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
