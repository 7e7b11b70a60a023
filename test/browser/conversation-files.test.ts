import { expect } from "@esm-bundle/chai";
import { mount } from "./fake-chat.ts";
import type { FakeStream } from "./fake-chat.ts";
import { pasteOf } from "./in-any-engine.ts";

const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
const textFile = (name: string, bytes = 5, type = "text/plain"): File => new File(["x".repeat(bytes)], name, { type });
const binary = (name: string, type = ""): File => new File([new Uint8Array([0xff, 0xfe, 0xc8])], name, { type });
const names = (element: FakeStream): string[] =>
  Array.from(element.renderRoot.querySelectorAll(".file .name"), (name) => name.textContent);
const refusals = (element: FakeStream): string[] =>
  Array.from(element.renderRoot.querySelectorAll(".files [role=alert] p"), (line) => line.textContent);

async function picture(): Promise<File> {
  const canvas = new OffscreenCanvas(300, 150);
  canvas.getContext("2d")?.fillRect(0, 0, 9, 9);
  return new File([await canvas.convertToBlob()], "picture.png", { type: "image/png" });
}

/** Lets files fall on the element, or pastes them, and waits until they are looked at. */
async function give(element: FakeStream, files: readonly File[], how: "drop" | "paste" = "drop"): Promise<Event> {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  const init = { bubbles: true, cancelable: true };
  const event = how === "drop" ? new DragEvent("drop", { ...init, dataTransfer: transfer }) : pasteOf(transfer);
  const before = names(element).length + refusals(element).length;
  element.find(".composer textarea").dispatchEvent(event);
  for (let frames = 0; frames < 60 && names(element).length + refusals(element).length === before; frames++)
    await frame();
  await element.updateComplete;
  return event;
}

describe("files for a message", () => {
  it("are dropped or pasted, shown with what is free, and sent with the text", async () => {
    const element = await mount();
    const limits = { inputChars: 99, attachments: 3, attachmentsBytes: 5_000_000 };
    await element.show({ agent: { name: "a", limits } });
    const sent: (readonly File[])[] = [];
    element.chat.send = (_text, { attachments = [] }: { attachments?: readonly File[] } = {}) =>
      Promise.resolve(void sent.push(attachments));
    expect((await give(element, [textFile("a.txt"), await picture()])).defaultPrevented).to.equal(true);
    await give(element, [textFile("b.txt", 1_000)], "paste");
    expect(names(element)).to.deep.equal(["a.txt", "picture.png", "b.txt"]);
    expect(element.renderRoot.querySelectorAll(".file canvas").length).to.equal(1);
    expect(element.find<HTMLCanvasElement>(".file canvas").width).to.equal(96);
    expect(element.find(".files > .quiet").textContent).to.match(/^3 of 3 files, .*5MB$/);
    element.draft = "What is this?";
    await element.updateComplete;
    element.find("[part~=send]").click();
    await element.updateComplete;
    expect(sent.map((files) => files.map(({ name }) => name))).to.deep.equal([["a.txt", "picture.png", "b.txt"]]);
    expect(element.has(".files")).to.equal(false);
  });

  it("are refused by name when they are too many, too big, or nothing that can be read", async () => {
    const element = await mount();
    await element.show({ agent: { name: "a", limits: { inputChars: 99, attachments: 2, attachmentsBytes: 1_500 } } });
    await give(element, [
      binary("thing.bin"),
      textFile("big.txt", 2_000),
      textFile("a.txt"),
      textFile("b.txt"),
      textFile("c.txt"),
    ]);
    expect(names(element)).to.deep.equal(["a.txt", "b.txt"]);
    expect(refusals(element)).to.deep.equal([
      "thing.bin was not attached: only images and text files can be read",
      "big.txt was not attached: it is 2kB, and the limit is 1.5kB in total",
      "c.txt was not attached: at most 2 files are allowed",
    ]);
  });

  it("can be removed, by a button that names them", async () => {
    const element = await mount();
    await give(element, [textFile("a.txt"), textFile("b.txt")]);
    element.find(".file [aria-label='Remove a.txt']").click();
    await element.updateComplete;
    expect(names(element)).to.deep.equal(["b.txt"]);
  });

  it("that are texts under an odd type are sent as texts", async () => {
    const element = await mount();
    await give(element, [textFile("module.ts", 5, "video/mp2t"), textFile("data.json", 5, "application/json")]);
    const sent = element.takeFiles();
    expect(sent.map(({ type }) => type)).to.deep.equal(["text/plain", "application/json"]);
  });

  it("come back with the text when the conversation would not take it", async () => {
    const element = await mount();
    element.chat.send = () => Promise.reject(new Error("no connection"));
    await give(element, [textFile("a.txt")]);
    element.draft = "Hello";
    await element.updateComplete;
    element.find("[part~=send]").click();
    for (let frames = 0; frames < 60 && names(element).length === 0; frames++) await frame();
    expect(names(element)).to.deep.equal(["a.txt"]);
    expect(element.find<HTMLTextAreaElement>(".composer textarea").value).to.equal("Hello");
  });

  it("are not offered where the proxy takes none, nor taken where nothing may be written", async () => {
    const element = await mount();
    expect(element.has("[data-do=attach]")).to.equal(true);
    await element.show({ agent: { name: "a", limits: { inputChars: 99, attachments: 0, attachmentsBytes: 0 } } });
    expect(element.has("[data-do=attach]")).to.equal(false);
    const reading = await mount({ readonly: "" });
    expect(reading.has("[data-do=attach]")).to.equal(false);
  });
});
