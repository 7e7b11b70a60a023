/** What each world needs, opened once for all its schedules. */
import type { Browser } from "playwright-core";
import { launchBrowser } from "../e2e/browser.ts";
import { ensureScriptBuild } from "../e2e/script-build.ts";
import { openTcpFaults } from "../fakes/tcp-faults.ts";
import { compile } from "./compiled.ts";
import { openEmbeddedPlace } from "./embedded-place.ts";
import { PageReader } from "./page-reader.ts";
import type { Stage } from "./play.ts";
import { openProcessPlace } from "./process-place.ts";
import { openReplicaPlace } from "./replica-place.ts";
import type { World } from "./schedule.ts";

export interface OpenStage extends Stage, AsyncDisposable {}

/** Schedules that are played at once: waiting costs nothing, processes and pages do. */
export const AT_ONCE: Readonly<Record<World, number>> = { embedded: 8, process: 6, page: 5, replicas: 4 };

export async function openStage(world: World): Promise<OpenStage> {
  if (world === "embedded") return { openPlace: openEmbeddedPlace, [Symbol.asyncDispose]: async () => {} };
  await compile();
  if (world === "process") return { openPlace: openProcessPlace, [Symbol.asyncDispose]: async () => {} };
  ensureScriptBuild();
  const browser = await launchBrowser();
  return {
    openPlace: world === "page" ? openProcessPlace : openReplicaPlace,
    openPage: (port, transport) => openPage(browser, port, transport),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

async function openPage(browser: Browser, port: number, transport: "ws" | "sse"): Promise<PageReader> {
  const context = await browser.newContext({ viewport: { width: 800, height: 600 } });
  return PageReader.open(await openTcpFaults(port), context, transport);
}
