/** When entries and conversations expire: a look at start and then every hour. */
import type { StreamLog } from "./stream-log.ts";

export interface RetentionTimes {
  /** Hours that entries are kept after their stream ended; the finished message stays. */
  readonly streamsHours: number;
  /** Days that a conversation is kept after its last turn. */
  readonly conversationsDays: number;
}

interface RetentionLogger {
  info(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

const HOUR_MS = 3_600_000;

/** Returns how to stop. */
export function startRetention(log: StreamLog, times: RetentionTimes, logger: RetentionLogger): () => void {
  const trim = async () => {
    const now = Date.now();
    try {
      const gone = await log.trim({
        streamsBefore: now - times.streamsHours * HOUR_MS,
        conversationsBefore: now - times.conversationsDays * 24 * HOUR_MS,
      });
      if (gone.streams + gone.conversations > 0) logger.info(gone, "expired entries were removed");
    } catch (err) {
      logger.error({ err }, "expired entries could not be removed");
    }
  };
  const timer = setInterval(() => void trim(), HOUR_MS).unref();
  void trim();
  return () => clearInterval(timer);
}
