/** Every combination of what an agent may show. */
import fc from "fast-check";
import type { Audience } from "../../proxy/delivery/audience.ts";

export const randomAudience: fc.Arbitrary<Audience> = fc.record({
  reasoning: fc.boolean(),
  toolArguments: fc.boolean(),
  toolResults: fc.boolean(),
  usage: fc.boolean(),
  cost: fc.boolean(),
  model: fc.boolean(),
  route: fc.boolean(),
});
