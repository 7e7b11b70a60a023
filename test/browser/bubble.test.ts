import { expect } from "@esm-bundle/chai";
import { answered, asked, growing, mount, words } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

/** The mode is loaded when it is first asked for. */
async function mountBubble(attributes: Readonly<Record<string, string>> = {}): Promise<FakeStream> {
  const element = await mount({ mode: "bubble", ...attributes });
  while (!element.has(".launcher")) await new Promise((resolve) => requestAnimationFrame(resolve));
  return element;
}

const panel = (element: FakeStream): HTMLDialogElement => element.find<HTMLDialogElement>("dialog");
const focused = (element: FakeStream): Element | null => element.shadowRoot!.activeElement;
const press = (element: FakeStream, key: string, init: KeyboardEventInit = {}): boolean =>
  focused(element)!.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true, ...init }),
  );

describe("the bubble", () => {
  it("is a launcher that opens the conversation and puts the focus into the composer", async () => {
    const element = await mountBubble();
    const launcher = element.find(".launcher");
    expect(launcher.getAttribute("aria-label")).to.equal("Open chat");
    expect(launcher.getAttribute("aria-expanded")).to.equal("false");
    expect(panel(element).open).to.equal(false);
    launcher.focus();
    launcher.click();
    await element.updateComplete;
    expect(panel(element).open).to.equal(true);
    expect(element.hasAttribute("open")).to.equal(true);
    expect(launcher.getAttribute("aria-expanded")).to.equal("true");
    expect(focused(element)?.localName).to.equal("textarea");
  });

  it("closes with Escape and gives the focus back", async () => {
    const element = await mountBubble();
    element.find(".launcher").click();
    await element.updateComplete;
    press(element, "Escape");
    await element.updateComplete;
    expect(panel(element).open).to.equal(false);
    expect(element.hasAttribute("open")).to.equal(false);
    expect(focused(element)).to.equal(element.find(".launcher"));
  });

  it("gives the focus back to the page's own button where that opened it", async () => {
    const element = await mountBubble();
    const button = document.createElement("button");
    document.body.append(button);
    button.focus();
    element.open = true;
    await element.updateComplete;
    expect(document.activeElement).to.equal(button);
    element.focus();
    press(element, "Escape");
    await element.updateComplete;
    expect(document.activeElement).to.equal(button);
    button.remove();
  });

  it("does not take the focus when a page opens it", async () => {
    const element = await mountBubble({ open: "" });
    expect(panel(element).open).to.equal(true);
    expect(document.activeElement).to.equal(document.body);
  });

  it("keeps Tab inside while it is open, what the page put into it included", async () => {
    const element = await mountBubble();
    const link = Object.assign(document.createElement("a"), { href: "#", textContent: "Imprint", slot: "footer" });
    element.append(link);
    element.find(".launcher").click();
    await element.updateComplete;
    element.find(".launcher").focus();
    expect(press(element, "Tab")).to.equal(false);
    expect(focused(element)).to.equal(element.find("[part=close]"));
    expect(press(element, "Tab", { shiftKey: true })).to.equal(false);
    expect(focused(element)).to.equal(element.find(".launcher"));
    element.focus();
    expect(press(element, "Tab")).to.equal(true);
  });

  it("marks an answer that came while it was closed, and says so on the launcher", async () => {
    const element = await mountBubble();
    await element.show({ status: "streaming", messages: [asked("?"), growing("Half")] });
    expect(element.has(".unread")).to.equal(false);
    await element.show({ status: "idle", messages: [asked("?"), answered([words("Half and half")])] });
    expect(element.has(".unread")).to.equal(true);
    expect(element.find(".launcher").getAttribute("aria-label")).to.equal("Open chat, New answer");
    element.open = true;
    await element.updateComplete;
    expect(element.has(".unread")).to.equal(false);
    element.open = false;
    await element.updateComplete;
    expect(element.has(".unread")).to.equal(false);
  });

  it("does not take an old conversation for news", async () => {
    const element = await mountBubble();
    await element.show({ messages: [asked("?"), answered([words("Yesterday's")])] });
    expect(element.has(".unread")).to.equal(false);
  });

  it("says what there is to say where it is heard: outside of a closed panel, inside of an open one", async () => {
    const element = await mountBubble();
    await element.show({ status: "streaming", messages: [asked("?"), growing("")] });
    await element.show({ status: "idle", messages: [asked("?"), answered([words("It is done, all of it.")])] });
    const said = [...element.shadowRoot!.querySelectorAll(".spoken")].map((region) => region.textContent);
    expect(said[0]).to.equal("");
    expect(said[1]).not.to.equal("");
  });

  it("shows the conversation in place again when the mode changes", async () => {
    const element = await mountBubble({ open: "" });
    await element.show({ messages: [asked("?"), answered([words("One")])] });
    element.mode = "chat";
    await element.updateComplete;
    expect(element.has("dialog")).to.equal(false);
    expect(element.has(".answer")).to.equal(true);
  });
});

/** A screen and an on-screen keyboard that do what the test says. */
class FakePhone extends EventTarget {
  height = 600;
  offsetTop = 0;
  scale = 1;
  readonly screen = Object.assign(new EventTarget(), { matches: true });
  readonly #real = { matchMedia: window.matchMedia, visualViewport: window.visualViewport };

  constructor() {
    super();
    window.matchMedia = () => this.screen as unknown as MediaQueryList;
    Object.defineProperty(window, "visualViewport", { value: this, configurable: true });
  }

  showKeyboard(height: number, offsetTop: number): void {
    Object.assign(this, { height, offsetTop });
    this.dispatchEvent(new Event("resize"));
  }

  turn(isSmall: boolean): void {
    this.screen.matches = isSmall;
    this.screen.dispatchEvent(new Event("change"));
  }

  takeAway(): void {
    window.matchMedia = this.#real.matchMedia;
    Object.defineProperty(window, "visualViewport", { value: this.#real.visualViewport, configurable: true });
  }
}

describe("the bubble on a small screen", () => {
  let phone: FakePhone;
  beforeEach(() => (phone = new FakePhone()));
  afterEach(() => phone.takeAway());

  it("is a modal sheet: the page behind it is out of reach, and does not bring up the keyboard by itself", async () => {
    const element = await mountBubble();
    const button = document.createElement("button");
    document.body.append(button);
    element.find(".launcher").click();
    await element.updateComplete;
    expect(panel(element).matches(":modal")).to.equal(true);
    expect(focused(element)?.localName).not.to.equal("textarea");
    button.focus();
    expect(document.activeElement).not.to.equal(button);
    element.find("[part=close]").click();
    await element.updateComplete;
    button.focus();
    expect(document.activeElement).to.equal(button);
    button.remove();
  });

  it("leaves the on-screen keyboard its place, and takes it back", async () => {
    const element = await mountBubble({ open: "" });
    for (const animation of element.shadowRoot!.getAnimations()) animation.cancel();
    phone.showKeyboard(280, 40);
    const { top, height } = panel(element).getBoundingClientRect();
    expect([top, height]).to.deep.equal([40, 280]);
    phone.showKeyboard(560, 0);
    expect(panel(element).getBoundingClientRect().height).to.equal(560);
    element.open = false;
    await element.updateComplete;
  });

  it("becomes a panel beside the page when the screen turns", async () => {
    const element = await mountBubble({ open: "" });
    phone.turn(false);
    expect(panel(element).open).to.equal(true);
    expect(panel(element).matches(":modal")).to.equal(false);
    phone.turn(true);
    expect(panel(element).matches(":modal")).to.equal(true);
    await new Promise((resolve) => requestAnimationFrame(resolve));
    expect(element.open).to.equal(true);
    element.open = false;
    await element.updateComplete;
  });

  it("is closed by the browser's own means as well", async () => {
    const element = await mountBubble({ open: "" });
    const closed = new Promise((resolve) => panel(element).addEventListener("close", resolve, { once: true }));
    panel(element).close();
    await closed;
    expect(element.open).to.equal(false);
  });
});
