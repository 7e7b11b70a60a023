import { expect } from "@esm-bundle/chai";

/** As the test server serves it; made before the tests, if it is older than its sources. */
const SCRIPT = "/dist/ai-stream.js";

describe("the script as it is built", () => {
  const mountBuilt = async (attributes: string): Promise<ShadowRoot> => {
    await import(/* @vite-ignore */ SCRIPT);
    document.body.innerHTML = `<ai-stream endpoint="/nowhere" ${attributes}></ai-stream>`;
    const element = document.querySelector("ai-stream")!;
    await element.updateComplete;
    return element.shadowRoot!;
  };
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => requestAnimationFrame(resolve));
  };

  it("draws itself, its drawings and its bound attributes included", async () => {
    const root = await mountBuilt('placeholder="Ask anything"');
    const input = root.querySelector("textarea")!;
    expect(input.placeholder).to.equal("Ask anything");
    expect(root.querySelector("[part~=send] svg path")).to.be.instanceOf(SVGElement);
    expect(root.innerHTML).not.to.contain("-lit-");
  });

  it("takes what the reader writes, and marks it as failed where nobody answers", async () => {
    const root = await mountBuilt("");
    const input = root.querySelector("textarea")!;
    input.value = "hello";
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await document.querySelector("ai-stream")!.updateComplete;
    root.querySelector<HTMLElement>("[part~=send]")!.click();
    await until(() => root.querySelector("[part~=bubble]")?.textContent?.includes("hello") === true);
    expect(input.value).to.equal("");
  });

  it("loads its lazy parts: another language", async () => {
    const root = await mountBuilt('lang="de"');
    await until(() => root.querySelector("[part~=send]")?.getAttribute("aria-label") === "Senden");
  });
});
