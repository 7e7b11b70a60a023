import assert from "node:assert/strict";
import { test } from "node:test";
import { readLongTasks } from "./long-tasks.ts";

const TASK = "ThreadControllerImpl::RunTask";
const main = { ph: "X", pid: 7, tid: 1 };
const thread = { name: "thread_name", ph: "M", pid: 7, tid: 1, ts: 0, args: { name: "CrRendererMain" } };
const ms = (value: number): number => value * 1000;

test("readLongTasks() takes the main thread's tasks of more than 50 ms of CPU and says what most of each was", () => {
  const events = [
    thread,
    { ...main, name: TASK, ts: 0, dur: ms(300), tdur: ms(49) },
    { ...main, name: TASK, ts: ms(400), dur: ms(100), tdur: ms(80), args: { src_func: "BeginFrame" } },
    { ...main, name: "Layout", ts: ms(401), dur: ms(90), tdur: ms(70) },
    { ...main, name: "Paint", ts: ms(492), dur: ms(5), tdur: ms(5) },
    { ...main, name: TASK, ts: ms(600), dur: ms(99), tdur: ms(99) },
    { ...main, tid: 2, name: TASK, ts: ms(800), dur: ms(99), tdur: ms(99) },
  ];
  assert.deepEqual(readLongTasks(events), [
    { cpuMs: 99, was: "unknown" },
    { cpuMs: 80, was: "BeginFrame > Layout" },
  ]);
});
