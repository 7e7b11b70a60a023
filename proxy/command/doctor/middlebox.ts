/** Who stands between a reader and the proxy, as its response headers say, and the setting that makes it let streams through. */
import type { IncomingHttpHeaders } from "node:http";

interface Middlebox {
  readonly name: string;
  readonly isIt: (headers: IncomingHttpHeaders) => boolean;
  /** Instead of holding events back or compressing them. */
  readonly stream: string;
  /** Instead of refusing upgrades. */
  readonly upgrade: string;
}

const says = (header: "server" | "via", pattern: RegExp) => (headers: IncomingHttpHeaders) =>
  pattern.test(String(headers[header] ?? ""));

/** The proxy itself sends neither `Server` nor `Via`: whoever does stands before it. Those that hide others come first. */
const KNOWN: readonly Middlebox[] = [
  {
    name: "Cloudflare",
    isIt: ({ "cf-ray": ray }) => ray !== undefined,
    stream: "switch response buffering and content transformations off for this path",
    upgrade: "switch WebSockets on under Network",
  },
  {
    name: "CloudFront",
    isIt: ({ "x-amz-cf-id": id }) => id !== undefined,
    stream: "use the policies CachingDisabled and AllViewer for /v1/*, without compression",
    upgrade: "forward all headers of the viewer (AllViewer) for /v1/*",
  },
  {
    name: "nginx",
    isIt: says("server", /nginx|openresty/i),
    stream: "proxy_buffering off; gzip off;",
    upgrade:
      "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;",
  },
  {
    name: "Apache",
    isIt: says("server", /apache/i),
    stream: "ProxyPass … flushpackets=on, and SetEnv no-gzip 1 for /v1/",
    upgrade: "ProxyPass … upgrade=websocket",
  },
  {
    name: "Caddy",
    isIt: says("server", /caddy/i),
    stream: "reverse_proxy { flush_interval -1 }, and no encode for /v1/*",
    upgrade: "pass the Upgrade and Connection headers on",
  },
  {
    name: "Envoy",
    isIt: says("server", /envoy/i),
    stream: "remove the buffer and compressor filters from this route",
    upgrade: 'upgrade_configs: [{ upgrade_type: "websocket" }]',
  },
  {
    name: "Varnish",
    isIt: says("via", /varnish/i),
    stream: "return (pipe) for /v1/*",
    upgrade: "return (pipe) for requests with Upgrade",
  },
];

/** What is known of it; null where nothing in the headers betrays one. */
export const middleboxOf = (headers: IncomingHttpHeaders): Middlebox | null =>
  KNOWN.find(({ isIt }) => isIt(headers)) ?? null;

/** As part of a sentence: ` (nginx, which says "nginx/1.29.4")`; empty where nobody shows. */
export function behind(headers: IncomingHttpHeaders): string {
  const { server, via } = headers;
  const said = [server, via].filter((text) => text !== undefined).map((text) => `"${String(text).slice(0, 60)}"`);
  const name = middleboxOf(headers)?.name;
  if (name === undefined && said.length === 0) return "";
  return ` (${[...(name === undefined ? [] : [name]), ...(said.length === 0 ? [] : [`which says ${said.join(" and ")}`])].join(", ")})`;
}

/** The setting of whoever it is, else what any of them calls it. */
export function advice(headers: IncomingHttpHeaders, wanted: "stream" | "upgrade"): string {
  const known = middleboxOf(headers);
  if (known !== null) return `${known.name}: ${known[wanted]}`;
  return wanted === "stream"
    ? "switch buffering and compression of responses off for /v1/ in what stands between (nginx: proxy_buffering off)"
    : "pass Upgrade and Connection on for /v1/ws in what stands between (docs/operations.md has nginx lines)";
}
