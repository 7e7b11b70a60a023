/** What a conversation says of its connection: the connection's own state, or what keeps this conversation waiting. */
import type { StatusNote } from "../protocol/index.ts";
import type { ConnectionView } from "./chat.ts";

/** Why a message that is being sent has to wait. */
export type Delay = Pick<ConnectionView, "retryInMs" | "retryAt" | "error">;

/** @param note what the proxy last said of the answer; null once its content says more */
export function viewOf(view: ConnectionView, delay: Delay | null, note: StatusNote | null): ConnectionView {
  if (delay !== null && view.state !== "failed") {
    return { ...view, ...delay, state: globalThis.navigator?.onLine === false ? "offline" : "waiting" };
  }
  if (note === null || note.phase === "live") return view;
  return { ...view, phase: note.phase, ...(note.detail === undefined ? {} : { detail: note.detail }) };
}
