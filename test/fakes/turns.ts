/** Lets the event loop turn so often that anything on this machine which was about to happen has happened. */
export async function turns(count = 200): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}
