/** The names a label may have: those of the configuration. Whatever a page chose freely is `other`, so labels are bounded. */

/** Stands for every name that is not in the configuration. */
const OTHER = "other";

interface NamedModels {
  readonly models: readonly (string | { readonly model: string })[];
}

export interface NameSource {
  readonly agents: Readonly<Record<string, NamedModels>>;
  readonly providers: Readonly<Record<string, object>>;
}

export class KnownNames {
  /** Provider → the models that agents name, for the providers that agents use. */
  readonly models: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #agents: ReadonlySet<string>;
  readonly #providers: ReadonlySet<string>;

  constructor({ agents, providers }: NameSource) {
    this.#agents = new Set(Object.keys(agents));
    this.#providers = new Set(Object.keys(providers));
    const models = new Map<string, Set<string>>();
    for (const entry of Object.values(agents).flatMap((agent) => agent.models)) {
      const name = typeof entry === "string" ? entry : entry.model;
      const slash = name.indexOf("/");
      const provider = name.slice(0, slash);
      const known = models.get(provider) ?? new Set<string>();
      models.set(provider, known.add(name.slice(slash + 1)));
    }
    this.models = models;
  }

  agent(name: string): string {
    return this.#agents.has(name) ? name : OTHER;
  }

  provider(name: string): string {
    return this.#providers.has(name) ? name : OTHER;
  }

  model(provider: string, model: string): string {
    return this.models.get(provider)?.has(model) === true ? model : OTHER;
  }
}
