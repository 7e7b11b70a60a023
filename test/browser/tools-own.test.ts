import { expect } from "@esm-bundle/chai";
import { html } from "lit";
import type { ToolBlock } from "../../protocol/index.ts";
import { answered, asked, mount } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

const call: ToolBlock = {
  ...{ kind: "tool", seq: 2, callId: "c1", name: "weather", argsText: "", state: "done", runsOn: "proxy" },
  args: { city: "Lisbon" },
  result: { sky: "<img src=x onerror=alert(1)>", degrees: 21 },
};
const show = (element: FakeStream, change: Partial<ToolBlock> = {}): Promise<void> =>
  element.show({
    status: change.state === "awaiting" ? "streaming" : "idle",
    messages: [
      asked("?"),
      answered([{ ...call, ...change }], change.state === "awaiting" ? { status: "running" } : {}),
    ],
  });
const cardText = (element: FakeStream): string => element.find(".tool").textContent.replace(/\s+/g, " ").trim();

describe("the usual card", () => {
  it("shows arguments and results folded, as the text they are", async () => {
    const element = await mount();
    await show(element);
    const parts = [...element.renderRoot.querySelectorAll<HTMLDetailsElement>(".tool details")];
    expect(parts.map(({ open }) => open)).to.deep.equal([false, false]);
    expect(parts.map((part) => JSON.parse(part.querySelector("pre")?.textContent ?? ""))).to.deep.equal([
      call.args,
      call.result,
    ]);
    expect(element.has(".tool img")).to.equal(false);
  });

  it("cuts what is too long to look at", async () => {
    const element = await mount();
    await show(element, { result: "x".repeat(50_000) });
    expect(element.renderRoot.querySelectorAll(".tool pre")[1]?.textContent.length).to.equal(20_001);
  });
});

describe("a tool's own renderer", () => {
  it("draws each state of its calls, as a template or a node; others keep the usual card", async () => {
    const element = await mount();
    element.renderers = {
      "tool:weather": ({ state, result }: ToolBlock) =>
        state === "done"
          ? html`<b>${(result as { degrees: number }).degrees}°</b>`
          : document.createElement("progress"),
    };
    await show(element, { state: "awaiting", approval: true });
    expect(element.has(".tool progress")).to.equal(true);
    // Whether it may run is asked by us, whatever the page draws.
    element.find("[part~=approve]").click();
    expect(element.chat.calls).to.deep.equal(["approve c1"]);
    await show(element);
    expect(cardText(element)).to.equal("21°");
    expect(element.find(".tool").getAttribute("aria-label")).to.equal("weather");
    await show(element, { name: "toString" });
    expect(cardText(element)).to.match(/^toString Done/);
  });

  it("that throws, or gives nothing, leaves the usual card, and the author a note", async () => {
    const element = await mount();
    const noted: unknown[] = [];
    const { error } = console;
    console.error = (...args: unknown[]) => noted.push(...args);
    element.renderers = {
      "tool:weather": () => {
        throw new Error("no map");
      },
    };
    await show(element);
    console.error = error;
    expect(cardText(element)).to.match(/^weather Done/);
    expect(noted[0]).to.equal('<ai-stream> renderers: "tool:weather" threw');
    element.renderers = { "tool:weather": () => undefined };
    await show(element);
    expect(cardText(element)).to.match(/^weather Done/);
  });
});
