/** Tables of the embedded store. `user_version` is the schema's version; each step brings it one further. */
import type { DatabaseSync } from "node:sqlite";
import { StreamError } from "../../protocol/index.ts";

/**
 * Entries lie clustered by stream and last seq, several commits in a row, so that a read is one range scan; `body` holds
 * one JSON document a line, in UTF-8. The newest entries of running streams are in `journal` (sqlite-journal.ts). Streams have a
 * small number `n` besides their id. `streams.tail` is written when the stream ends: it outlives the entries.
 */
const STEPS: readonly string[] = [
  `CREATE TABLE streams (
     n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, inc TEXT NOT NULL, term INTEGER NOT NULL, owner TEXT NOT NULL,
     agent TEXT NOT NULL, conversation TEXT NOT NULL, message TEXT NOT NULL, parent TEXT NOT NULL,
     created_at INTEGER NOT NULL, ended_at INTEGER, status TEXT NOT NULL, tail INTEGER
   ) STRICT;
   CREATE INDEX streams_by_status ON streams (status, ended_at);
   CREATE INDEX streams_by_conversation ON streams (conversation);
   CREATE TABLE entries (
     stream INTEGER NOT NULL, last INTEGER NOT NULL, first INTEGER NOT NULL, body BLOB NOT NULL,
     PRIMARY KEY (stream, last)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE journal (n INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
   CREATE TABLE conversations (
     id TEXT PRIMARY KEY, owner TEXT NOT NULL, agent TEXT NOT NULL, created_at INTEGER NOT NULL,
     updated_at INTEGER NOT NULL, title TEXT NOT NULL, head TEXT
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX conversations_by_owner ON conversations (owner, updated_at);
   CREATE TABLE turns (
     n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, conversation TEXT NOT NULL, parent TEXT, role TEXT NOT NULL,
     created_at INTEGER NOT NULL, stream TEXT, body TEXT
   ) STRICT;
   CREATE INDEX turns_by_conversation ON turns (conversation);
   CREATE TABLE sends (
     owner TEXT NOT NULL, send_id TEXT NOT NULL, stream TEXT NOT NULL, fingerprint TEXT NOT NULL,
     PRIMARY KEY (owner, send_id)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX sends_by_stream ON sends (stream);`,
  // What providers want back and nobody else sees: it outlives the entries, as the turn it belongs to does.
  `CREATE TABLE records (n INTEGER PRIMARY KEY, stream INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
   CREATE INDEX records_by_stream ON records (stream);`,
  // Money in nano-dollars. A reservation names its accounts itself: it is settled when nobody knows the stream any more.
  `CREATE TABLE accounts (
     key TEXT NOT NULL, day TEXT NOT NULL, spent INTEGER NOT NULL, reserved INTEGER NOT NULL, PRIMARY KEY (key, day)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE reservations (
     stream TEXT PRIMARY KEY, accounts TEXT NOT NULL, held INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE receipts (stream TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
   CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
  // What a running stream was started with, and what others have left for its writer: gone at its end.
  `ALTER TABLE streams ADD COLUMN request TEXT;
   ALTER TABLE streams ADD COLUMN cancel INTEGER NOT NULL DEFAULT 0;
   CREATE TABLE outcomes (
     stream TEXT NOT NULL, call TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (stream, call)
   ) STRICT, WITHOUT ROWID;`,
  // Who began which stream lately, where that is limited.
  `CREATE TABLE visits (
     key TEXT NOT NULL, stream TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (key, stream)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX visits_by_time ON visits (at);`,
];

/** @throws {StreamError} `storage_unavailable` when a newer version of this program made the file. */
export function migrate(database: DatabaseSync): void {
  const { user_version: found } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (found > STEPS.length) {
    throw new StreamError(
      "storage_unavailable",
      `The database has schema version ${found}, this program knows up to ${STEPS.length}: a newer ai-stream made it`,
    );
  }
  for (let version = found; version < STEPS.length; version++) {
    database.exec(`BEGIN IMMEDIATE; ${STEPS[version]!} PRAGMA user_version = ${version + 1}; COMMIT;`);
  }
}
