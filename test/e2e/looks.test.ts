/** The element in every state, as people see it who need more than a look: larger, calmer, or in colours of their own. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type * as Axe from "axe-core";
import type { Page } from "playwright-core";
import { showState } from "../../scripts/gallery-page.ts";
import type { Shown } from "../../scripts/gallery-page.ts";
import { STATE_NAMES } from "../../scripts/gallery-states.ts";
import type { StateName } from "../../scripts/gallery-states.ts";
import { LANGUAGES } from "../../widget/labels/languages.ts";
import { cutOff, invisible, moving, smallTargets, unmarkedFocus } from "./look-checks.ts";
import { openWorld, useBrowser } from "./world.ts";
import type { World } from "./world.ts";

const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
/** 1280 CSS pixels at 400 %. */
const ZOOMED = { width: 320, height: 640 };
/** More than any state has stops. */
const MOST_STOPS = 40;

/** All that colours decide. */
const CONTRAST = ["color-contrast"];

useBrowser();

test("axe finds nothing in any state: light, dark, in forced colours, from right to left", async () => {
  await using world = await openDemo();
  const page = await openGallery(world);
  for (const state of STATE_NAMES) {
    await show(page, state);
    assert.deepEqual(await violations(page), [], state);
    await page.emulateMedia({ colorScheme: "dark" });
    assert.deepEqual(await violations(page, CONTRAST), [], `${state}, dark`);
    await page.emulateMedia({ colorScheme: "light", forcedColors: "active" });
    assert.deepEqual(await violations(page, CONTRAST), [], `${state}, in forced colours`);
    await page.emulateMedia({ forcedColors: "none" });
    await show(page, state, { language: "ar" });
    assert.deepEqual(await violations(page), [], `${state}, from right to left`);
  }
});

test("in forced colours buttons, marks and what is pressed can be seen, and the focus has a ring at every stop", async () => {
  await using world = await openDemo();
  const page = await openGallery(world);
  await page.emulateMedia({ forcedColors: "active" });
  for (const state of STATE_NAMES) {
    await show(page, state);
    assert.deepEqual(await page.evaluate(invisible), [], state);
  }
  for (const state of ["judged", "editing", "writing", "finished"] as const) {
    await show(page, state);
    // Tab goes on from there.
    await page.evaluate(() => {
      document.body.tabIndex = -1;
      document.body.focus();
    });
    let stops = 0;
    for (; stops < MOST_STOPS; stops++) {
      await page.keyboard.press("Tab");
      if (!(await page.evaluate(() => document.activeElement?.localName === "ai-stream"))) break;
      assert.equal(await page.evaluate(unmarkedFocus), "", `${state}, stop ${stops + 1}`);
    }
    assert(stops > 4 && stops < MOST_STOPS, `${stops} stops in ${state}`);
  }
});

test("nothing moves for who asked for less motion", async () => {
  await using world = await openDemo();
  const page = await openGallery(world);
  await show(page, "waiting");
  assert.notDeepEqual(await page.evaluate(moving), [], "it does for everybody else");
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const state of ["waiting", "thinking", "tools", "writing", "reconnecting", "empty"] as const) {
    await show(page, state);
    assert.deepEqual(await page.evaluate(moving), [], state);
  }
  await show(page, "finished", { attributes: { mode: "bubble" } });
  await page.locator("ai-stream .launcher").click();
  assert.deepEqual(await page.evaluate(moving), [], "a bubble that opens");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.locator("ai-stream [data-do=answer]").click();
  await page.locator("ai-stream [data-done]").waitFor();
  assert.deepEqual(await page.evaluate(moving), [], "an answer that was copied");
  await page.locator("ai-stream [data-do=answer]:not([data-done])").waitFor();
});

test("at 400 % zoom nothing is cut, lies outside or scrolls to the side; everything is large enough to be met", async () => {
  await using world = await openDemo();
  const page = await openGallery(world);
  await page.setViewportSize(ZOOMED);
  for (const state of STATE_NAMES) {
    await show(page, state);
    assert.deepEqual(await page.evaluate(cutOff), [], state);
    assert.deepEqual(await page.evaluate(smallTargets), [], state);
  }
  for (const lang of Object.keys(LANGUAGES)) {
    await show(page, "offline", { attributes: { lang } });
    assert.deepEqual(await page.evaluate(cutOff), [], lang);
    assert.deepEqual(await page.evaluate(smallTargets), [], lang);
  }
  for (const state of ["finished", "history", "writing"] as const) {
    await show(page, state, { attributes: { mode: "bubble", open: "" }, language: "ar" });
    assert.deepEqual(await page.evaluate(cutOff), [], `${state} in a sheet`);
    assert.deepEqual(await page.evaluate(smallTargets), [], `${state} in a sheet`);
  }
});

const openDemo = (): Promise<World> => openWorld({ providers: { demo: { kind: "demo" } } });

async function openGallery(world: World): Promise<Page> {
  const page = await world.context.newPage();
  // The page's own script is for its own element.
  await page.route("**/demo.js", (route) => route.abort());
  await page.goto(world.proxyUrl);
  return page;
}

const show = (page: Page, state: StateName, shown: Partial<Shown> = {}): Promise<void> =>
  showState(page, { state, language: "en", attributes: {}, ...shown });

/** @param only the rules to apply. @default all */
async function violations(page: Page, only?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  return page.evaluate(async (runOnly) => {
    const element = document.querySelector("ai-stream")!;
    // A dot that fades would be measured half transparent.
    for (const animation of element.shadowRoot!.getAnimations()) animation.cancel();
    const { axe } = window as unknown as { axe: typeof Axe };
    const options = runOnly === undefined ? { rules: { region: { enabled: false } } } : { runOnly: [...runOnly] };
    const { violations: found } = await axe.run(element, options);
    return found.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
  }, only);
}
