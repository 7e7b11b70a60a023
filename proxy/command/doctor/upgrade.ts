/** Whether a WebSocket comes through: the upgrade, the subprotocol, and frames both ways. */
import type { IncomingHttpHeaders } from "node:http";
import { WebSocket } from "ws";
import { CLOSE, PROTOCOL_VERSION, SUBPROTOCOL } from "../../../protocol/index.ts";
import { ok, problem, reasonOf } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { jsonObject } from "./json-object.ts";
import { advice, behind } from "./middlebox.ts";
import { refusalOf } from "./path.ts";
import type { Path } from "./path.ts";

/** The client goes on with server-sent events rather than wait longer. */
const UPGRADE_MS = 8_000;
const FRAME_MS = 5_000;
const BODY_BYTES = 16_384;

/** How it went, before it is judged. */
export type Upgrade =
  | { readonly came: "welcome"; readonly ms: number }
  /** Closed by the proxy after the upgrade: the path is fine. */
  | { readonly came: "close"; readonly code: number }
  | { readonly came: "nothing" }
  | { readonly came: "answer"; readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }
  | { readonly came: "error"; readonly reason: string };

/** @param origin of the page that asks; null for a program, which has none */
export const checkUpgrade = async (path: Path, origin: string | null): Promise<Finding> =>
  judgeUpgrade(await tryUpgrade(path, origin));

async function tryUpgrade(path: Path, origin: string | null): Promise<Upgrade> {
  const url = path.url("/v1/ws");
  url.protocol = path.isEncrypted ? "wss:" : "ws:";
  const { promise, resolve } = Promise.withResolvers<Upgrade>();
  const ws = new WebSocket(url, SUBPROTOCOL, {
    headers: origin === null ? {} : { origin },
    handshakeTimeout: UPGRADE_MS,
    perMessageDeflate: false,
  });
  let late: NodeJS.Timeout | undefined;
  let openedAt = 0;
  ws.on("unexpected-response", (_request, response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (piece: string) => (text = (text + piece).slice(0, BODY_BYTES)));
    const tell = () => resolve({ came: "answer", status: response.statusCode ?? 0, headers: response.headers, text });
    response.on("end", tell);
    response.on("close", tell);
    late = setTimeout(tell, FRAME_MS);
  });
  ws.on("error", (error) => resolve({ came: "error", reason: reasonOf(error) }));
  ws.on("open", () => {
    openedAt = performance.now();
    late = setTimeout(() => resolve({ came: "nothing" }), FRAME_MS);
    const token = path.accessToken === null ? {} : { accessToken: path.accessToken };
    ws.send(JSON.stringify({ type: "hello", v: PROTOCOL_VERSION, ...token }));
  });
  ws.on("message", (data: Buffer) => {
    if (data.toString().includes('"welcome"')) resolve({ came: "welcome", ms: performance.now() - openedAt });
  });
  ws.on("close", (code) => resolve({ came: "close", code }));
  try {
    return await promise;
  } finally {
    clearTimeout(late);
    ws.terminate();
  }
}

/** Closed by the proxy itself, which only wants to know who asks. */
const WANTS_TOKEN: ReadonlySet<number> = new Set([CLOSE.unauthenticated, CLOSE.accessTokenExpired]);

export function judgeUpgrade(upgrade: Upgrade): Finding {
  switch (upgrade.came) {
    case "welcome":
      return ok("websocket", `frames come through, there and back in ${Math.round(upgrade.ms)} ms`);
    case "close":
      if (WANTS_TOKEN.has(upgrade.code))
        return ok("websocket", "comes through; the proxy wants an access token (--token)");
      return problem(
        "websocket",
        `closed with ${upgrade.code} before a word was said`,
        "let WebSockets of /v1/ws live in what stands between",
      );
    case "nothing":
      return problem("websocket", "the upgrade is accepted, but frames do not come through", advice({}, "upgrade"));
    case "error": {
      const isStripped = /subprotocol/i.test(upgrade.reason);
      return isStripped
        ? problem(
            "websocket",
            "the upgrade comes back without its subprotocol",
            "pass Sec-WebSocket-Protocol on, both ways",
          )
        : problem("websocket", `no upgrade (${upgrade.reason})`, advice({}, "upgrade"));
    }
    case "answer":
      return judgeAnswer(upgrade);
  }
}

function judgeAnswer({ status, headers, text }: Extract<Upgrade, { came: "answer" }>): Finding {
  const refusal = refusalOf({ json: jsonObject(text) });
  if (refusal?.code === "forbidden") return problem("websocket", refusal.message, "add the page to access.origins");
  if (refusal?.code === "invalid_request") {
    return problem(
      "websocket",
      "the upgrade arrives without its subprotocol",
      "pass Sec-WebSocket-Protocol on, both ways",
    );
  }
  const what =
    refusal === null
      ? `the upgrade is answered with status ${status}${behind(headers)}`
      : `the upgrade arrives as an ordinary request${behind(headers)}`;
  return problem("websocket", `${what}: readers fall back to server-sent events`, advice(headers, "upgrade"));
}
