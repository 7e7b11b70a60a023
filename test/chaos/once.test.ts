/** What happens once however it is disturbed: a start whose proxy dies under it, an end that races a cancellation. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openTcpFaults } from "../fakes/tcp-faults.ts";
import { checkLog } from "./aftermath.ts";
import { chanceOf } from "./chance.ts";
import { compile } from "./compiled.ts";
import { openEmbeddedPlace } from "./embedded-place.ts";
import { HeadlessReader } from "./headless-reader.ts";
import { configOf } from "./place.ts";
import { openProcessPlace } from "./process-place.ts";
import { difference } from "./reader.ts";
import { Speaker } from "./speaker.ts";

const CRASHES = 5;
const RACES = 40;

test(`${CRASHES} times three clients send the same start while the proxy is killed: one stream each time, whole`, async () => {
  await compile();
  await using speaker = await Speaker.open();
  await using place = await openProcessPlace(configOf({ mode: "fresh" }, speaker.baseUrl));
  const chance = chanceOf(1);
  const open = async () => new HeadlessReader(await openTcpFaults(place.port), chance.pick(["ws", "sse"]));
  for (let crash = 1; crash <= CRASHES; crash++) {
    const input = `Start ${crash}`;
    const speech = speaker.speech(input, 20);
    const readers = await Promise.all([open(), open(), open()]);
    try {
      const starts = readers.map((reader) => reader.start({ input, sendId: `send-${crash}` }));
      // From before the requests are read until after they are answered.
      for (let turns = chance.int(0, 60); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
      await place.strike({ do: "kill" }, async () => {});
      const [id, ...others] = await Promise.all(starts);
      assert.deepEqual(others, [id, id]);
      speech.finish();
      for (const reader of readers) {
        reader.follow(id!);
        const { text } = await reader.ended();
        assert.equal(text, speech.text, difference(text, speech.text));
      }
      await checkLog(place.urls, id!, { text: speech.text, reason: "stop", seen: readers.flatMap(({ seen }) => seen) });
      assert(speech.asked <= 2, `the provider was asked ${speech.asked} times, expected at most 2`);
    } finally {
      for (const reader of readers) await reader.close();
    }
  }
  const listed = await (await fetch(`${place.urls[0]}/v1/conversations`)).json();
  assert.equal((listed as { conversations: unknown[] }).conversations.length, CRASHES);
});

test(`${RACES} races between the end of an answer and two cancellations: one end, the same for everybody`, async () => {
  await using speaker = await Speaker.open();
  await using place = await openEmbeddedPlace(configOf({ mode: "fresh" }, speaker.baseUrl));
  const chance = chanceOf(2);
  const ends = { stop: 0, cancelled: 0 };
  for (let race = 1; race <= RACES; race++) {
    const speech = speaker.speech(`Race ${race}`, 30);
    const readers = [
      new HeadlessReader(await openTcpFaults(place.port), "ws"),
      new HeadlessReader(await openTcpFaults(place.port), "sse"),
    ];
    try {
      const id = await readers[0]!.start({ input: `Race ${race}` });
      for (const reader of readers) reader.follow(id);
      speech.allow(10);
      await speech.said(10);
      const cancel = () => Promise.all(readers.map((reader) => reader.cancel()));
      const cancelling = chance.is(0.6) ? cancel() : null;
      for (let turns = chance.int(0, 15); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
      speech.finish();
      await (cancelling ?? cancel());
      const [one, other] = await Promise.all(readers.map((reader) => reader.ended()));
      assert.deepEqual(one, other);
      const reason = one!.status === "complete" ? "stop" : "cancelled";
      ends[reason]++;
      if (reason === "stop") assert.equal(one!.text, speech.text);
      assert(speech.text.startsWith(one!.text), difference(one!.text, speech.text));
      await checkLog(place.urls, id, { text: one!.text, reason, seen: readers.flatMap(({ seen }) => seen) });
      await speech.hungUp();
    } finally {
      for (const reader of readers) await reader.close();
    }
  }
  console.log(`chaos: of ${RACES} races the answer won ${ends.stop}, the cancellation ${ends.cancelled}`);
  assert(ends.stop > 0 && ends.cancelled > 0, "a race that only one side can win proves nothing");
});
