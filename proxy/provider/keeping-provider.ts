/** A provider that goes on writing an answer while nobody reads it: a broken connection is taken up again, a stop is told. */
import { isStreamError } from "../../protocol/index.ts";
import { BrokenAnswers } from "./broken-answers.ts";
import { KeptAnswer } from "./kept-answer.ts";
import type { NumberedDecoder } from "./kept-answer.ts";
import { ProviderCall, providerOf, streamCall } from "./provider-call.ts";
import type { Connection, WireFormat } from "./provider-call.ts";
import { STILL_WANTED } from "./provider.ts";
import type { Provider, ResumePoint } from "./provider.ts";

/** A format whose answers have an id and numbered frames. */
export interface KeepingFormat<Frame> extends WireFormat<Frame> {
  decoder(): NumberedDecoder<Frame>;
  /** Asks for what follows the frame `after`; null for the whole answer from its start. */
  reopen(call: ProviderCall, resume: ResumePoint, after: number | null): Promise<void>;
  /** Asks the provider to write no further. */
  cancel(call: ProviderCall, resume: ResumePoint): Promise<void>;
}

/** A stop that is not answered by then has been heard or is lost; nobody waits for it. */
const CANCEL_MS = 10_000;
/** The reader wants no more of it: it was stopped, or said nothing for too long. Else only the connection is lost. */
const GIVEN_UP: ReadonlySet<string> = new Set(["cancelled", "first_token_timeout"]);

export function keepingProvider<Frame>(format: KeepingFormat<Frame>, connection: Connection): Provider {
  const broken = new BrokenAnswers<Frame>();
  /** The format, for one call that reads this answer. */
  const reading = (answer: KeptAnswer<Frame>, send: WireFormat<Frame>["send"]): WireFormat<Frame> => ({
    ...format,
    send,
    decoder: () => answer,
    over(call, failure) {
      if (answer.complete || answer.id === null) return;
      if (failure !== null && !GIVEN_UP.has(failure.code)) return broken.keep(answer);
      const reason = failure?.cause;
      if (!isStreamError(reason) || !STILL_WANTED.has(reason.code))
        void cancel(format, connection, call.key, answer.id);
    },
  });
  return {
    ...providerOf(format, connection),
    stream(request, timers, signal, key) {
      const answer = new KeptAnswer(format.decoder());
      return streamCall(reading(answer, format.send), connection, request, timers, signal, key);
    },
    reattach(resume, received, request, timers, signal, key) {
      const known = broken.take(resume.id, received);
      const answer = known ?? new KeptAnswer(format.decoder(), { id: resume.id, received });
      const after = known?.position ?? null;
      const reopened = reading(answer, (call) => format.reopen(call, resume, after));
      return streamCall(reopened, connection, request, timers, signal, key);
    },
    abandon(resume, key) {
      broken.forget(resume.id);
      void cancel(format, connection, key?.secret ?? null, resume.id);
    },
  };
}

/** Once, with the key the answer belongs to. Never rejects: there is nothing to be done about a failure. */
async function cancel<Frame>(
  format: KeepingFormat<Frame>,
  connection: Connection,
  secret: string | null,
  id: string,
): Promise<void> {
  const limits = { connectMs: CANCEL_MS, headersMs: CANCEL_MS, headersCode: "connect_timeout" } as const;
  const key = secret === null ? null : { id: "", secret };
  const call = new ProviderCall(connection, limits, AbortSignal.timeout(CANCEL_MS), { key });
  try {
    const { body } = await call.opened(() => format.cancel(call, { id }));
    body.release();
  } catch {
    // The provider ends the answer by itself, later.
  }
}
