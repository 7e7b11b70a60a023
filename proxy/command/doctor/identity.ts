/** Who answers there: the proxy and no page in its place, and whether it can take a stream. */
import { ok, problem, reasonOf, skipped } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { behind } from "./middlebox.ts";
import { refusalOf } from "./path.ts";
import type { Answer, Path } from "./path.ts";

const LET_THROUGH = "let /v1/* through to the proxy without a login, a check or a page in between";

/** The finding, and the answer when it was the proxy's. */
export async function checkIdentity(path: Path): Promise<{ finding: Finding; answer: Answer | null }> {
  let answer: Answer;
  try {
    answer = await path.ask("/v1/agents");
  } catch (thrown) {
    const what = `no HTTP answer (${reasonOf(thrown)})`;
    return { finding: problem("proxy", what, "check that HTTP is spoken on this port"), answer: null };
  }
  const finding = judgeIdentity(answer);
  return { finding, answer: finding.outcome === "ok" ? answer : null };
}

export function judgeIdentity(answer: Answer): Finding {
  const { status, headers, text, json } = answer;
  const who = behind(headers);
  if (status >= 300 && status < 400) {
    const where = whereTo(headers.location);
    return problem("proxy", `redirected to ${where}${who}`, `use the final address; if it is a login, ${LET_THROUGH}`);
  }
  if (/html/.test(headers["content-type"] ?? "")) {
    const [, title] = /<title[^>]*>\s*([^<]{1,80})/i.exec(text) ?? [];
    const page = title === undefined ? "a web page" : `the web page "${title.trim()}"`;
    return problem("proxy", `${page} answers instead of the proxy, with status ${status}${who}`, LET_THROUGH);
  }
  if (Array.isArray(json?.["agents"])) return ok("proxy", `answers${who}`);
  const refusal = refusalOf(answer);
  if (refusal?.code === "forbidden") {
    return problem(
      "proxy",
      refusal.message,
      "pass the name on that was asked for (nginx: proxy_set_header Host $host)",
    );
  }
  if (refusal !== null) return problem("proxy", `${refusal.message} (${refusal.code})`, "see docs/protocol.md §7");
  if (status === 502 || status === 503 || status === 504) {
    return problem(
      "proxy",
      `status ${status} from what stands before the proxy${who}`,
      "start the proxy, or correct where it is looked for",
    );
  }
  return problem(
    "proxy",
    `status ${status}, and not in the proxy's words${who}`,
    "check the address, and the path in it",
  );
}

/** The address without what may be secret in it. */
function whereTo(location = ""): string {
  try {
    const { origin, pathname } = new URL(location);
    return origin + pathname;
  } catch {
    return location.split(/[?#]/)[0] ?? "";
  }
}

export async function checkReadiness(path: Path): Promise<Finding> {
  const answer = await path.ask("/readyz").catch(() => null);
  const status = answer?.json?.["status"];
  switch (status) {
    case "ready":
      return ok("ready", "takes new streams");
    case "draining":
      return problem("ready", "the proxy is shutting down", "ask the one that takes its place");
    case "overloaded":
      return problem("ready", "new streams are refused under load", "see docs/operations.md, Under load");
    case "not_ready":
      return problem(
        "ready",
        "the store or every provider is out of order",
        "read the proxy's log, and run ai-stream check",
      );
    default:
      return skipped("ready", "/readyz is not let through");
  }
}
