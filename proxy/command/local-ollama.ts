/** With nothing configured and no key set, a model that runs on this machine is offered beside the demo provider. */
import { z } from "zod";
import { defaultAgents, discoverProviders } from "../config-defaults.ts";
import type { Environment } from "../config.ts";
import type { ConfigInput } from "../config-schema.ts";

/** Where Ollama listens unless told otherwise. */
const USUAL_URL = "http://127.0.0.1:11434";
/** Starting must not wait for a machine that is busy; one that runs answers in a few milliseconds. */
const PROBE_MS = 500;

const tags = z.object({ models: z.array(z.object({ name: z.string().min(1) })) });

/** `input` with an agent `ollama` added, where one runs, has a model, and nothing else was asked for. */
export async function offerOllama(input: ConfigInput, env: Environment, url = USUAL_URL): Promise<ConfigInput> {
  if (input.providers !== undefined || input.agents !== undefined) return input;
  const providers = discoverProviders(env);
  if (Object.values(providers).some(({ kind }) => kind !== "demo")) return input;
  const models = await modelsOf(url);
  if (models.length === 0) return input;
  return {
    ...input,
    providers: { ...providers, ollama: { kind: "ollama", baseUrl: url } },
    agents: { ...defaultAgents(providers, true), ollama: { models: models.map((name) => `ollama/${name}`) } },
  };
}

async function modelsOf(url: string): Promise<readonly string[]> {
  try {
    const response = await fetch(`${url}/api/tags`, { signal: AbortSignal.timeout(PROBE_MS) });
    return tags.parse(await response.json()).models.map(({ name }) => name);
  } catch {
    // Nobody there, or not an Ollama: then there is nothing to offer.
    return [];
  }
}
