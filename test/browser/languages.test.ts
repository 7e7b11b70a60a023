import { expect } from "@esm-bundle/chai";
import { asked, growing, mount } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

/** Resolves when the field says so; the runner's time limit ends what never does. */
async function says(element: FakeStream, placeholder: string): Promise<void> {
  while (element.find("textarea").getAttribute("placeholder") !== placeholder) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

describe("the language", () => {
  afterEach(() => {
    document.documentElement.removeAttribute("lang");
    document.documentElement.removeAttribute("dir");
  });

  it("is that of the nearest ancestor, and nothing is drawn in another one before", async () => {
    document.documentElement.lang = "fr";
    const element = await mount({ lang: "de-AT" });
    expect(element.find("textarea").getAttribute("aria-label")).to.equal("Nachricht");
    element.removeAttribute("lang");
    await says(element, "Posez votre question");
  });

  it("is found around the shadow root the element stands in", async () => {
    const host = document.createElement("div");
    host.lang = "nl";
    const element = await mount();
    host.attachShadow({ mode: "open" }).append(element);
    document.body.append(host);
    await says(element, "Stel een vraag");
    host.lang = "it";
    await says(element, "Chiedi qualsiasi cosa");
    host.remove();
  });

  it("is English where another one is not shipped; both are told apart for screen readers", async () => {
    const element = await mount({ lang: "sv" });
    await element.show({ messages: [asked("Hur då?"), growing("Så här")] });
    expect(element.find("textarea").getAttribute("placeholder")).to.equal("Ask anything");
    expect(element.find(".frame").lang).to.equal("en");
    expect(element.find(".scroller").lang).to.equal("sv");
    expect(element.find(".frame").hasAttribute("dir")).to.equal(false);
  });

  it("takes the page's own words before its own, whenever they come", async () => {
    const element = await mount({ lang: "es" });
    element.labels = { placeholder: "Escribe aquí" };
    await says(element, "Escribe aquí");
    element.lang = "pt";
    await element.updateComplete;
    expect(element.find("textarea").getAttribute("placeholder")).to.equal("Escribe aquí");
  });

  for (const [lang, side] of Object.entries({ ar: "rtl", he: "rtl", ja: "ltr" })) {
    it(`runs ${side} in ${lang}, and as the page says where it says it on the element`, async () => {
      const element = await mount({ lang });
      expect(getComputedStyle(element.find(".composer")).direction).to.equal(side);
      element.dir = side === "rtl" ? "ltr" : "rtl";
      await new Promise((resolve) => requestAnimationFrame(resolve));
      await element.updateComplete;
      expect(getComputedStyle(element.find(".composer")).direction).to.equal(element.dir);
    });
  }
});
