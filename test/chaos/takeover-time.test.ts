/** How long nobody speaks when the owner of a stream is killed and another replica goes on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openTcpFaults } from "../fakes/tcp-faults.ts";
import { withoutRedis } from "../fakes/redis-server.ts";
import { compile } from "./compiled.ts";
import { HeadlessReader } from "./headless-reader.ts";
import { configOf, LEASE_MS } from "./place.ts";
import { openReplicaPlace } from "./replica-place.ts";
import { Speaker, wordsTo } from "./speaker.ts";

/** What may pass beyond the lease: the survivor's next look, a third of a lease at most, and its call of the provider. */
const BEYOND_LEASE_MS = 2_000;
/** The middle one counts: a machine that is busy with something else for a second proves nothing. */
const KILLS = 3;
const WORDS = 40;

test(
  "after kill -9 of the owner another replica goes on within the lease and two seconds",
  { skip: withoutRedis },
  async () => {
    await compile();
    await using speaker = await Speaker.open();
    const speech = speaker.speech("How long?", WORDS * (KILLS + 2));
    await using place = await openReplicaPlace(configOf({ mode: "prefix" }, speaker.baseUrl));
    const reader = new HeadlessReader(await openTcpFaults(place.port), "ws");
    try {
      reader.follow(await reader.start({ input: "How long?" }));
      const silences: number[] = [];
      for (let kill = 1; kill <= KILLS; kill++) {
        speech.allow(WORDS * kill);
        await reader.reads(wordsTo(WORDS * kill));
        await place.strike({ do: "kill owner" }, async () => {
          const killedAt = performance.now();
          speech.allow(WORDS * kill + 1);
          await reader.reads(wordsTo(WORDS * kill + 1));
          silences.push(Math.round(performance.now() - killedAt));
        });
      }
      speech.finish();
      assert.equal((await reader.ended()).text, speech.text);
      console.log(
        `chaos: after kill -9 of the owner, lease ${LEASE_MS} ms: tokens flow again after ${silences.join(", ")} ms`,
      );
      const middle = silences.toSorted((a, b) => a - b)[(KILLS - 1) / 2]!;
      assert(middle <= LEASE_MS + BEYOND_LEASE_MS, `${middle} ms, expected at most ${LEASE_MS + BEYOND_LEASE_MS}`);
    } finally {
      await reader.close();
    }
  },
);
