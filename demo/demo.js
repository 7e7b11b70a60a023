/** The demo page: switches that break things on purpose, and a log that says what the element made of it. */

/** Log entries kept over a reload: a screenful. */
const KEPT_ENTRIES = 40;
const LOG_KEY = "ai-stream-demo-log";
const CHOICE_KEY = "ai-stream-demo-";
const LONG_QUESTION = "Write a long answer in chapters";

const chat = document.querySelector("ai-stream");
const log = document.querySelector("#log");
const snippet = document.querySelector("#snippet");

const ACTIONS = {
  ask: () => chat.send(LONG_QUESTION),
  stop: () => chat.stop(),
  reload: () => location.reload(),
  copy: () => navigator.clipboard.writeText(snippet.textContent),
};

/** How the page and the element look, by the name of the control. */
const CHOICES = {
  theme: (value) => {
    document.documentElement.dataset.theme = value;
    chat.setAttribute("theme", value);
  },
  look: (value) => (document.documentElement.dataset.look = value),
  lang: (value) => chat.setAttribute("lang", value),
};

const FAULT_NOTES = {
  cut: "You cut the connection",
  stall: "You stalled the connection for 10 s: open, and silent",
  refuse: "You took the proxy away for 5 s",
  "hang-up": "You killed the provider",
};

/** What the connection that is open runs over; null while none is. */
let openOver = null;

restoreChoices();
restoreLog();
snippet.textContent = `<script type="module"
  src="${location.origin}/ai-stream.js"></script>

<ai-stream
  endpoint="${location.origin}"></ai-stream>`;

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button?.dataset.fault !== undefined) void breakIt(button.dataset);
  // What the element refuses it shows itself.
  if (button?.dataset.do !== undefined) Promise.resolve(ACTIONS[button.dataset.do]()).catch(() => {});
});

document.addEventListener("change", ({ target }) => {
  if (!(target.name in CHOICES)) return;
  CHOICES[target.name](target.value);
  remember(CHOICE_KEY + target.name, target.value);
});

chat.addEventListener("ai-stream-connection", ({ connection }) => note(...connectionNote(connection)));
chat.addEventListener("ai-stream-start", () => note("An answer begins"));
chat.addEventListener("ai-stream-error", ({ error }) => note(`${error.message} (${error.code})`, "bad"));
chat.addEventListener("ai-stream-message", ({ message }) => void checkAnswer(message));

/** Without the proxy's switches the buttons that need them are no use. */
const faults = await fetch("/demo/faults").catch(() => null);
if (faults?.ok !== true) {
  for (const button of document.querySelectorAll("[data-fault]")) button.disabled = true;
  const told = document.querySelector("#break-note");
  told.classList.add("told");
  told.textContent = "This proxy has no switches to break it: they come with the demo provider on your own machine.";
}

async function breakIt({ fault, ms }) {
  note(FAULT_NOTES[fault], "you");
  try {
    const response = await fetch("/demo/faults", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ action: fault, ...(ms === undefined ? {} : { ms: Number(ms) }) }),
    });
    const { affected, error } = await response.json();
    if (!response.ok) note(error.message, "bad");
    else if (fault === "hang-up" && affected === 0) note("…but it was not answering anything");
  } catch {
    note("The proxy could not be reached", "bad");
  }
}

function connectionNote({ state, transport, retryInMs, phase, detail, error }) {
  const wasOver = openOver;
  openOver = state === "open" ? transport : null;
  switch (state) {
    case "open":
      if (phase === "retrying") {
        const what =
          detail === "orphaned" ? "The proxy was lost; the next one" : `The provider failed (${detail}); the proxy`;
        return [`${what} asks again`];
      }
      // What the proxy does for an answer comes over the same connection.
      if (transport === wasOver) return [""];
      return [`Connected over ${transport === "sse" ? "server-sent events" : "a WebSocket"}`, "good"];
    case "waiting":
      return [
        retryInMs === undefined
          ? "Connection lost"
          : `Connection lost; trying again in ${(retryInMs / 1000).toFixed(1)} s`,
        "bad",
      ];
    case "offline":
      return ["Offline: waiting for the network", "bad"];
    case "failed":
      return [error?.message ?? detail ?? "Disconnected", "bad"];
    case "connecting":
      return ["Connecting"];
    default:
      return [""];
  }
}

/** The proof: what the page shows beside what the proxy stored. */
async function checkAnswer(message) {
  const { end, stream, attempts, timings } = message;
  const seconds = timings === undefined ? "" : ` after ${(timings.totalMs / 1000).toFixed(1)} s`;
  const tries = attempts > 1 ? `, ${attempts} attempts` : "";
  note(`The answer ended (${end?.reason})${seconds}${tries}`);
  const response = await fetch(`/v1/streams/${stream}/message`).catch(() => null);
  if (response?.ok !== true) return;
  const shown = textOf(message);
  const stored = textOf(await response.json());
  if (shown === "" && stored === "") return;
  if (shown === stored) note(`Page and proxy agree on all ${shown.length.toLocaleString("en")} characters`, "good");
  else note(`The page shows ${shown.length} characters, the proxy stored ${stored.length}`, "bad");
}

function textOf({ blocks }) {
  return blocks.map((block) => (block.kind === "text" ? block.text : "")).join("");
}

/** Adds a line to the log, unless it only repeats the one before it. */
function note(text, kind = "") {
  if (text === "" || (kind !== "you" && text === log.lastElementChild?.lastElementChild.textContent)) return;
  const time = new Date().toLocaleTimeString("en-GB");
  append({ time, text, kind });
  log.scrollTop = log.scrollHeight;
  remember(LOG_KEY, JSON.stringify([...log.children].slice(-KEPT_ENTRIES).map(entryOf)));
}

function append({ time, text, kind }) {
  const clock = Object.assign(document.createElement("time"), { textContent: time });
  const words = Object.assign(document.createElement("span"), { textContent: text, className: kind });
  const line = document.createElement("li");
  line.append(clock, words);
  log.append(line);
  if (log.childElementCount > KEPT_ENTRIES) log.firstElementChild.remove();
}

function entryOf(line) {
  const [time, words] = line.children;
  return { time: time.textContent, text: words.textContent, kind: words.className };
}

function restoreLog() {
  const kept = recall(LOG_KEY);
  if (kept === null) return;
  try {
    for (const entry of JSON.parse(kept)) append(entry);
  } catch {
    log.replaceChildren();
  }
  note("The page was loaded again", "you");
}

function restoreChoices() {
  for (const [name, show] of Object.entries(CHOICES)) {
    const value = recall(CHOICE_KEY + name);
    if (value === null) continue;
    const select = document.querySelector(`select[name="${name}"]`);
    const radio = document.querySelector(`input[name="${name}"][value="${CSS.escape(value)}"]`);
    if (select !== null) select.value = value;
    if (radio !== null) radio.checked = true;
    show(value);
  }
}

/** Storage may be forbidden; the page works without it. */
function remember(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // Forgotten with the page.
  }
}

function recall(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}
