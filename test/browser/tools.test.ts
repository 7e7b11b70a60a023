import { expect } from "@esm-bundle/chai";
import { answered, asked, mount } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";

const text = (element: FakeStream, selector: string): string =>
  element.find(selector).textContent.replace(/\s+/g, " ").trim();

describe("a tool call", () => {
  it("says what became of it when an answer ended without it", async () => {
    const element = await mount();
    const call = { kind: "tool", seq: 2, callId: "c", name: "book", args: {}, argsText: "{}" } as const;
    const states = ["input", "awaiting", "running", "done"] as const;
    const cards = (): (string | undefined)[] =>
      [...element.renderRoot.querySelectorAll<HTMLElement>(".tool")].map((card) => card.dataset["state"]);
    const blocks = states.map((state, index) => ({ ...call, callId: `c${index}`, state }));
    await element.show({ status: "streaming", messages: [asked("?"), answered(blocks, { status: "running" })] });
    expect(cards()).to.deep.equal(states);
    await element.show({ status: "idle", messages: [asked("?"), answered(blocks, { reason: "tool_calls" })] });
    expect(cards()).to.deep.equal(["unrun", "unrun", "unknown", "done"]);
    expect(text(element, ".tool")).to.match(/Not run/);
  });

  it("shows what it is about to whoever decides, with a button for each answer", async () => {
    const element = await mount();
    const call = { kind: "tool", seq: 2, callId: "c1", name: "pay", args: { usd: 9 }, argsText: "" } as const;
    const show = async (state: "awaiting" | "running" | "done"): Promise<void> =>
      element.show({
        status: "streaming",
        messages: [asked("?"), answered([{ ...call, state, runsOn: "proxy", approval: true }], { status: "running" })],
      });
    await show("awaiting");
    expect(element.find<HTMLDetailsElement>(".tool details").open).to.equal(true);
    expect(JSON.parse(text(element, ".tool pre"))).to.deep.equal({ usd: 9 });
    expect(text(element, ".spoken")).to.equal("pay: Waits for approval");
    element.find("[part~=approve]").click();
    element.find("[part~=deny]").click();
    expect(element.chat.calls).to.deep.equal(["approve c1", "deny c1"]);
    await element.approve("c1");
    await element.deny("c1");
    expect(element.chat.calls.length).to.equal(4);
    await show("running");
    expect(element.has("[data-do=approve], [data-do=deny]")).to.equal(false);
    expect(text(element, ".spoken")).to.equal("pay: Waits for approval");
    element.readonly = true;
    await show("awaiting");
    expect(element.has("[data-do=approve], [data-do=deny]")).to.equal(false);
  });
});
