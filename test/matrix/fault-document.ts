/** docs/faults.md, written from the matrix as it must be; a test holds the measured one against it. */
import { ALL_WIRES } from "../fakes/wires/all-wires.ts";
import { faultTable } from "./fault-table.ts";
import { expectedCell, FAULTS } from "./faults.ts";

const KINDS = ALL_WIRES.map(({ name }) => name);

export const faultDocument = (): string => `# What happens when a provider fails

Every fault, at every kind of provider, over real sockets: \`node --test test/matrix/fault-matrix.test.ts\` runs them all
through a real proxy, twice, once where the agent has no other target and once with a fallback of another kind. The
reader follows the answer live. This page is written by \`node scripts/faults.ts\` from what the test holds the proxy to.

Each cell is the error code of the failed attempt, then three marks:

1. what follows where the agent has no other target,
2. what follows where it has a fallback,
3. whether the circuit breaker of the target counts it.

| mark | meaning                                                                                      |
| ---- | -------------------------------------------------------------------------------------------- |
| ↻    | the same target is asked again; what it had said is void, and replaced as the new text comes |
| ↦    | the same target goes on from the text it had sent: nothing is void                           |
| →    | the fallback answers                                                                         |
| ✗    | the failure stands: the stream ends with this code, and a partial answer is kept             |
| ●    | the breaker counts it                                                                        |
| ○    | the breaker does not count it                                                                |

In every case the reader sees each character of the answer once, at every moment and at the end; where the failure
stands, each character of the partial answer.

Codes are shortened: \`auth\`, \`quota\`, \`not_found\`, \`invalid_request\`, \`rate_limited\`, \`overloaded\` and \`error\` begin
with \`provider_\`, \`truncated\` and \`protocol\` with \`upstream_\`; \`connect\`, \`first_token\` and \`idle\` end in \`_timeout\`.

${faultTable(
  KINDS,
  FAULTS.map((fault) => ({ name: fault.name, cells: KINDS.map((kind) => expectedCell(fault, kind)) })),
)}

- Where the response headers come with the first token, a wait for headers is a wait for content: \`first_token_timeout\`
  instead of \`connect_timeout\`.
- A refused key, an empty account and an unknown model are no reason to ask the same target again, nor is a request that
  is too long for it; a request that is invalid is so everywhere.
- A rate limit rests the key for as long as the provider says, and tells nothing about the target's health.
- An AG-UI agent acts: once it may have heard the question it is not asked again, since nobody knows what it did; a model may
  answer in its place until it has begun, then its partial answer stands.
- 502 and 504 are answered here by a gateway's HTML page, the other statuses in the vendor's own form.
`;
