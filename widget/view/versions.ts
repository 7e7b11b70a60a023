/** Goes between the versions of a question, and between the answers that the same question got. */
import type { UserMessage } from "../chat.ts";
import type { DeskHost, WordKit } from "./desk-host.ts";

/** @param where below the question what was asked instead; below the answer what else came of asking the same */
export function versionSwitch(kit: WordKit, host: DeskHost, id: string, where: "question" | "answer"): unknown {
  const { html, nothing, words } = kit;
  const all = host.chat.versions(id);
  const shown = all.find((version) => version.id === id);
  if (shown === undefined || all.length < 2) return nothing;
  const choices = where === "answer" ? all.filter((version) => isSame(version, shown)) : texts(all, shown);
  if (choices.length < 2) return nothing;
  const at = choices.indexOf(shown);
  const number = new Intl.NumberFormat(words.locale);
  const [n, count] = [number.format(at + 1), number.format(choices.length)];
  const step = (to: number, label: string, name: "earlier" | "later"): unknown => {
    const disabled = choices[to] === undefined || host.chat.status !== "idle";
    return html`<button
      type="button"
      class="turn"
      data-do="version"
      data-id=${choices[to]?.id ?? ""}
      aria-label=${label}
      title=${label}
      aria-disabled=${disabled}
    >
      ${kit.strokes(name)}
    </button>`;
  };
  return html`<span part="versions" class="versions" role="group" aria-label=${kit.say(words.version, { n, count })}>
    ${step(at - 1, words.earlierVersion, "earlier")}<span>${n}/${count}</span>${step(at + 1, words.laterVersion, "later")}
  </span>`;
}

/** One for each text; of those with the text that is shown, the one that is. */
function texts(all: readonly UserMessage[], shown: UserMessage): readonly UserMessage[] {
  const latest = new Map<string, UserMessage>();
  for (const version of all) latest.set(keyOf(version), isSame(version, shown) ? shown : version);
  return [...latest.values()];
}

const isSame = (one: UserMessage, other: UserMessage): boolean => keyOf(one) === keyOf(other);

/** What was asked: other files make another question. */
const keyOf = ({ text, attachments }: UserMessage): string =>
  JSON.stringify([text.trim(), ...attachments.map(({ name }) => name)]);
