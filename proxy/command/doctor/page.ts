/** What a page of an origin meets: the preflight, the allow-list, and CORS headers that somebody rewrites. */
import { ok, problem, reasonOf } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { behind } from "./middlebox.ts";
import { refusalOf } from "./path.ts";
import type { Answer, Path } from "./path.ts";

/** What the element's requests need leave for. */
const HEADERS = ["authorization", "content-type", "idempotency-key", "last-event-id"];

export async function checkPage(path: Path): Promise<Finding> {
  const { origin } = path;
  try {
    const preflight = await path.ask("/v1/streams", {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": HEADERS.join(","),
      },
    });
    const answer = await path.ask("/v1/agents", { headers: { origin } });
    return judgePage(path, preflight, answer);
  } catch (thrown) {
    return problem(
      "origin",
      `no answer for a page of ${origin} (${reasonOf(thrown)})`,
      "let OPTIONS and the Origin header through",
    );
  }
}

export function judgePage(path: Pick<Path, "origin" | "isOwnOrigin">, preflight: Answer, answer: Answer): Finding {
  const { origin, isOwnOrigin } = path;
  const refusal = refusalOf(answer);
  if (refusal?.code === "forbidden") {
    return isOwnOrigin
      ? problem(
          "origin",
          `its own page is refused: ${refusal.message}`,
          "pass the name on that was asked for (nginx: proxy_set_header Host $host)",
        )
      : problem("origin", refusal.message, `add "${origin}" to access.origins`);
  }
  if (answer.status !== 200) {
    return problem(
      "origin",
      `a page of ${origin} gets status ${answer.status}${behind(answer.headers)}`,
      "let requests with an Origin through",
    );
  }
  // A page of the proxy itself asks without CORS.
  if (isOwnOrigin) return ok("origin", `pages of ${origin} may use it`);
  if (preflight.status < 200 || preflight.status > 299) {
    return problem(
      "origin",
      `the preflight gets status ${preflight.status}${behind(preflight.headers)}`,
      "pass OPTIONS on to the proxy",
    );
  }
  const allowed = answer.headers["access-control-allow-origin"];
  if (allowed !== origin && allowed !== "*") {
    const what = allowed === undefined ? "is taken away" : `says "${allowed}"`;
    return problem(
      "origin",
      `Access-Control-Allow-Origin ${what} on the way${behind(answer.headers)}`,
      "leave CORS to the proxy: neither add nor remove its headers",
    );
  }
  const granted = (preflight.headers["access-control-allow-headers"] ?? "").toLowerCase();
  const missing = HEADERS.filter((name) => !granted.includes(name));
  if (missing.length > 0) {
    return problem(
      "origin",
      `the preflight does not allow ${missing.join(", ")}${behind(preflight.headers)}`,
      "pass OPTIONS on to the proxy",
    );
  }
  return ok("origin", `pages of ${origin} may use it`);
}
