/** Starts one answer over a WebSocket and reads it there, with acks as a page sends them. */
import { WebSocket } from "ws";

import type { ServerFrame } from "../../protocol/index.ts";
import { endWith } from "./read-sse.ts";
import type { Reading } from "./reading.ts";

/** Acks are due when half the window of 256 KiB has been applied. */
const ACK_CHARS = 131_072;

/** Feeds the reading until the answer ends. */
export function readWs(url: string, agent: string, input: string, reading: Reading): void {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/ws`, "ai-stream.v1", { perMessageDeflate: false });
  const send = (frame: unknown): void => socket.send(JSON.stringify(frame));
  let unacknowledged = 0;
  socket.on("message", (bytes: Buffer) => {
    const frame = JSON.parse(bytes.toString("utf8")) as ServerFrame;
    if (frame.type === "welcome") send({ type: "start", rid: "1", agent, input });
    else if (frame.type === "started") send({ type: "sub", s: 1, id: frame.id, after: "0" });
    else if (frame.type === "err") reading.fail(new Error(JSON.stringify(frame.error)));
    else if (frame.type === "ev") {
      applyEntries(frame, reading);
      unacknowledged += bytes.length;
      if (unacknowledged < ACK_CHARS) return;
      unacknowledged = 0;
      send({ type: "ack", s: 1, seq: frame.e.at(-1)!.seq });
    }
  });
  socket.on("open", () => send({ type: "hello", v: 1 }));
  socket.on("error", (error) => reading.fail(error));
  socket.on("close", (code) => reading.fail(new Error(`The socket closed with ${code} before the answer ended`)));
  reading.done.then(
    () => socket.close(),
    () => socket.terminate(),
  );
}

function applyEntries({ e }: Extract<ServerFrame, { type: "ev" }>, reading: Reading): void {
  for (const entry of e) {
    if (entry.type === "delta" && entry.kind === "text") reading.take(entry.text);
    else if (entry.type === "stream.end") endWith(entry, reading);
  }
}
