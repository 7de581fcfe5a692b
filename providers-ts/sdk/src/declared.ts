/** What a provider declared, ready for look-ups; and the refusals of what it did not declare. */
import { Capability, Feature, FeatureLevel, PodChange, type PodInputs } from "@outboard/contract";
import { refuse } from "./errors.js";
import type { ProviderDescription } from "./provider.js";

const CAPABILITY_OF_CHANGE: ReadonlyMap<number, Capability> = new Map<number, Capability>([
  [PodChange.IMAGE, Capability.UPDATE_IMAGE],
  [PodChange.METADATA, Capability.UPDATE_METADATA],
  [PodChange.RESOURCES, Capability.UPDATE_RESOURCES],
  [PodChange.EPHEMERAL_CONTAINERS, Capability.UPDATE_EPHEMERAL_CONTAINERS],
  [PodChange.TOLERATIONS, Capability.UPDATE_TOLERATIONS],
  [PodChange.GRACE, Capability.UPDATE_GRACE],
  [PodChange.DEADLINE, Capability.UPDATE_DEADLINE],
]);

/** The declarations of one provider. */
export class Declared {
  readonly #capabilities: ReadonlySet<Capability>;
  readonly #features: ReadonlySet<Feature>;

  constructor(description: ProviderDescription) {
    this.#capabilities = new Set(description.capabilities);
    const declared = description.features.filter(({ level }) => level !== FeatureLevel.UNSPECIFIED);
    this.#features = new Set(declared.map(({ feature }) => feature));
  }

  /** @throws StatusError UNIMPLEMENTED / CAPABILITY unless the capability is declared. */
  require(capability: Capability): void {
    if (!this.#capabilities.has(capability)) throw undeclared(nameOf(Capability, capability));
  }

  /** @throws StatusError UNIMPLEMENTED / CAPABILITY unless every kind of change is declared. */
  requireChanges(changes: readonly PodChange[]): void {
    for (const change of changes) {
      const capability = CAPABILITY_OF_CHANGE.get(change);
      if (capability === undefined) throw undeclared(`change ${change}`);
      this.require(capability);
    }
  }

  /** @throws StatusError UNIMPLEMENTED / CAPABILITY if no kind of change at all is declared. */
  requireAnyChange(): void {
    const any = [...CAPABILITY_OF_CHANGE.values()].some((capability) => this.#capabilities.has(capability));
    if (!any) throw undeclared("UpdatePod");
  }

  /** @throws StatusError INVALID_ARGUMENT / UNSUPPORTED_FEATURE with the place of each undeclared feature. */
  requireFeatures(inputs: PodInputs | undefined): void {
    const missing = (inputs?.admittedFeatures ?? []).flatMap((feature, index) =>
      this.#features.has(feature) ? [] : [{ feature, index }],
    );
    if (missing.length === 0) return;
    const names = missing.map(({ feature }) => nameOf(Feature, feature));
    throw refuse("UNSUPPORTED_FEATURE", `this provider does not declare ${names.join(", ")}`, {
      violations: missing.map(({ index }, at) => ({
        field: `inputs.admitted_features[${index}]`,
        description: `${names[at]} is not declared`,
      })),
    });
  }
}

function undeclared(what: string) {
  return refuse("CAPABILITY", `this provider does not declare ${what}`);
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  const found = Object.entries(names).find(([, number]) => number === value);
  return found === undefined ? String(value) : found[0].toLowerCase();
}
