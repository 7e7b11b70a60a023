import { expect } from "@esm-bundle/chai";
import axe from "axe-core";
import { answered, asked, mount, words } from "./fake-chat.ts";

const ANSWER =
  "Some **bold** text, `code` and a [link](https://e.example/).\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nconst a = 1; // why\n```\n\n> quoted";

/** The demo page's looks, for the element of the tests. */
async function adoptLooks(): Promise<void> {
  const text = await (await fetch("/demo/themes.css", { headers: { accept: "text/css" } })).text();
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text.replaceAll(/(?<=\] )ai-stream/g, "fake-stream"));
  document.adoptedStyleSheets = [sheet];
}

describe("the looks of the demo page", () => {
  before(adoptLooks);
  after(() => {
    document.adoptedStyleSheets = [];
    delete document.documentElement.dataset["look"];
  });

  for (const look of ["paper", "terminal", "berry"]) {
    for (const theme of ["light", "dark"]) {
      it(`${look} can be read, ${theme}`, async () => {
        document.documentElement.dataset["look"] = look;
        const element = await mount({ theme, feedback: "" });
        expect(getComputedStyle(element).getPropertyValue("--ai-stream-accent")).not.to.equal("");
        const failed = {
          role: "user",
          id: "m_f",
          state: "failed",
          error: { code: "provider_overloaded", message: "The provider is overloaded", retryable: true },
        } as const;
        const source = { kind: "source", seq: 9, url: "https://e.example/a" } as const;
        await element.show({
          agent: { name: "a", label: "demo provider" },
          messages: [asked("?"), answered([words(ANSWER), source]), asked("And?", failed)],
        });
        element.draft = "Something";
        await element.updateComplete;
        for (const animation of element.shadowRoot!.getAnimations()) animation.cancel();
        const { violations } = await axe.run(element, { runOnly: ["color-contrast"] });
        expect(
          violations.flatMap(({ nodes }) => nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)),
        ).to.deep.equal([]);
      });
    }
  }
});
