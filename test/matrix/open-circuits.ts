/** The providers of a proxy whose circuits have opened, as its metrics tell an operator. */

/** `ai_stream_circuit_state{provider="x",…} 2`: 0 is closed, 1 half-open, 2 open. */
const CIRCUIT = /^ai_stream_circuit_state\{(?:[^}]*,)?provider="([^"]+)"[^}]*\} ([012])$/gm;

export async function openCircuits(url: string): Promise<ReadonlySet<string>> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const open = [...metrics.matchAll(CIRCUIT)].filter(([, , state]) => state !== "0");
  return new Set(open.map(([, provider]) => provider!));
}
