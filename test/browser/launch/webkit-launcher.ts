/** Lets the test runner drive WebKitGTK: its WebDriver over plain fetch, on a screen nobody sees. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { BrowserLauncher } from "@web/test-runner-core";

const DRIVER = "/usr/bin/WebKitWebDriver";
const SCREEN = "/usr/bin/Xvfb";
const BROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser";
/** A driver that does not answer after this will not: it takes a second on a slow machine. */
const START_MS = 20_000;
const POLL_MS = 100;
/** With the browser's own bars: a page of 800 × 600, as the other engines have. */
const WINDOW = { x: 0, y: 0, width: 800, height: 638 };

/** Where WebKitGTK's browser lies, or undefined where it, its driver or the screen is missing. */
export function findWebKit(): string | undefined {
  return globSync([DRIVER, SCREEN]).length === 2 ? globSync(BROWSERS).at(-1) : undefined;
}

/** One window for all test files, one after another. */
export function webKitLauncher(binary: string): BrowserLauncher {
  const driver = new WebKitDriver(binary);
  let active: string | undefined;
  let shown = "";
  return {
    name: "WebKitGTK",
    type: "webdriver",
    concurrency: 1,
    async startSession(id, url) {
      active = id;
      shown = url;
      await driver.open(url);
    },
    isActive: (id) => id === active,
    getBrowserUrl: () => shown,
    async stopSession() {
      active = undefined;
      await driver.open("about:blank");
      return {};
    },
    startDebugSession: () => Promise.reject(new Error("WebKitGTK runs here without a window to debug in")),
    stop: () => driver.stop(),
  };
}

/** A browser behind its WebDriver; started by the first page. */
export class WebKitDriver {
  readonly #binary: string;
  readonly #children: ChildProcess[] = [];
  #session: Promise<string> | undefined;

  constructor(binary: string) {
    this.#binary = binary;
  }

  async open(url: string): Promise<void> {
    await this.command("POST", "/url", { url });
  }

  /** Runs the body of an async function in the page and returns what it returns. */
  async evaluate<T>(body: string, ...args: readonly unknown[]): Promise<T> {
    const script = `const done = arguments[arguments.length - 1]; (async (...args) => { ${body} })(...arguments).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const result = (await this.command("POST", "/execute/async", { script, args })) as { value: T; error?: string };
    if (result.error !== undefined) throw new Error(result.error);
    return result.value;
  }

  /** One WebDriver command of the session. @throws {Error} what the driver found wrong */
  async command(method: string, path: string, body?: unknown): Promise<unknown> {
    const session = await (this.#session ??= this.#start());
    return call(method, session + path, body);
  }

  async stop(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    if (session !== undefined) await call("DELETE", session).catch(() => {});
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null || !child.kill()) continue;
      await once(child, "exit");
    }
  }

  async #start(): Promise<string> {
    const screen = this.#spawn(SCREEN, ["-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], {});
    const [display] = (await once(screen.stdio[3]!, "data")) as [Buffer];
    const port = await freePort();
    this.#spawn(DRIVER, [`--port=${port}`, "--host=127.0.0.1"], { DISPLAY: `:${display.toString().trim()}` });
    const url = `http://127.0.0.1:${port}`;
    await answers(`${url}/status`);
    const options = { binary: this.#binary, args: ["--automation"] };
    const capabilities = { alwaysMatch: { browserName: "MiniBrowser", "webkitgtk:browserOptions": options } };
    const { sessionId } = (await call("POST", `${url}/session`, { capabilities })) as { sessionId: string };
    await call("POST", `${url}/session/${sessionId}/timeouts`, { script: START_MS });
    await call("POST", `${url}/session/${sessionId}/window/rect`, WINDOW);
    return `${url}/session/${sessionId}`;
  }

  #spawn(file: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
    const child = spawn(file, args, {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
      env: { ...process.env, ...env },
    });
    this.#children.push(child);
    return child;
  }
}

async function call(method: string, url: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: unknown };
  if (!response.ok) throw new Error(`WebKit: ${method} ${new URL(url).pathname}: ${JSON.stringify(value)}`);
  return value;
}

async function answers(url: string): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      await call("GET", url);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(POLL_MS);
    }
  }
}

/** The driver cannot pick a port itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
