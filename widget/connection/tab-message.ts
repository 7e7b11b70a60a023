/** What the tabs of an origin tell each other about the one connection that they share. */
import type { Position } from "../../protocol/index.ts";
import type { ConnectionView } from "./connection-state.ts";
import type { StreamReader } from "./transport.ts";

/** What a tab that follows asks of the one that leads; `r` is its own number for one reading of one stream. */
export type TabRequest =
  /** Are you there? With `wake`: and make sure of your connection, somebody is looking. */
  | { readonly type: "hi"; readonly from: string; readonly wake?: true }
  | {
      readonly type: "read";
      readonly from: string;
      readonly r: number;
      readonly id: string;
      readonly position: Position;
      readonly hold: boolean;
    }
  | {
      readonly type: "applied";
      readonly from: string;
      readonly r: number;
      readonly seq: number;
      readonly bytes: number;
    }
  | { readonly type: "leave"; readonly from: string; readonly r: number };

/** What a stream's reader is told from afar: a method of its own, with what it takes. */
export type Told = {
  [Method in "accept" | "digestAt" | "status" | "ended" | "restart" | "rebase"]: readonly [
    Method,
    ...Parameters<StreamReader[Method]>,
  ];
}["accept" | "digestAt" | "status" | "ended" | "restart" | "rebase"];

export type TabAnswer =
  | { readonly type: "lead"; readonly leader: string; readonly view: ConnectionView }
  | { readonly type: "tell"; readonly to: string; readonly r: number; readonly told: Told }
  /** The leader does not read this any more: ask again, from where you are. */
  | { readonly type: "gone"; readonly to: string; readonly r: number }
  /** The proxy refused it to the leader, for good: ask for yourself. */
  | { readonly type: "refused"; readonly to: string };

export type TabMessage = TabRequest | TabAnswer;
