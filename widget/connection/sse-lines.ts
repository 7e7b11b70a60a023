/** The part of Server-Sent Events that our server uses: LF lines, `id`, `event`, one `data` line, comments. */

export interface SseEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** No frame of ours comes near this; a longer one is not from our server. */
const MAX_EVENT_CHARS = 8_388_608;

/**
 * Feeds text as it arrives and gives the events completed by it; `id` is the latest seen, as the standard says.
 * @throws {RangeError} when one event grows beyond 8 Mi characters
 */
export function sseParser(): (text: string) => SseEvent[] {
  let rest = "";
  let id = "";
  let event = "";
  let data: string | null = null;
  return (text) => {
    const events: SseEvent[] = [];
    let from = 0;
    // Only the new text can hold the line's end.
    let to = text.indexOf("\n");
    for (; to >= 0; to = text.indexOf("\n", from)) {
      const line = rest + text.slice(from, to);
      rest = "";
      from = to + 1;
      if (line === "") {
        if (data !== null) events.push({ id, event, data });
        event = "";
        data = null;
        continue;
      }
      const colon = line.indexOf(":");
      if (colon <= 0) continue;
      const value = line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
      const field = line.slice(0, colon);
      if (field === "data") data = data === null ? value : `${data}\n${value}`;
      else if (field === "event") event = value;
      else if (field === "id") id = value;
    }
    rest += text.slice(from);
    if (rest.length + (data?.length ?? 0) > MAX_EVENT_CHARS) throw new RangeError("An event of the stream is too long");
    return events;
  };
}
