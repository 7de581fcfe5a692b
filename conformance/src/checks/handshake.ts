/** Checks of Handshake. */
import {
  CAPABILITIES,
  type Capability,
  capabilityId,
  type Feature,
  FEATURES,
  FeatureLevel,
  featureId,
  HandshakeRequest,
  HandshakeResponse,
  isStatusError,
  SessionMode,
} from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { withUnknownField } from "../suite/raw.js";

/** Observers open sessions of their own and disturb nobody. */
export const OBSERVER: Partial<HandshakeRequest> = {
  mode: SessionMode.OBSERVER,
  fencing: undefined,
  clusterId: "",
  nodeName: "",
  nodeConfiguration: undefined,
};

export const HANDSHAKE_CHECKS: readonly Check[] = [
  check("HS-01", "answer", {
    title: "Handshake answers with revision 1, a session and a name",
    run: async (t) => {
      const since = performance.now();
      const hello = await t.handshake(OBSERVER);
      t.inTime("Handshake", since, 5_000);
      t.equal(hello.revision, 1, "revision");
      t.verify(hello.sessionId !== "", "missing", "session_id is empty");
      t.verify(hello.providerVersion !== "" && hello.instanceId !== "", "missing", "version or instance_id is empty");
      t.verify(hello.epoch !== "", "missing", "epoch is empty");
    },
  }),
  check("HS-02", "no-common-revision", {
    title: "A caller of other revisions is refused with both lists",
    run: async (t) => {
      await t.refused(
        () => t.handshake({ ...OBSERVER, revisions: [4_000_000] }),
        () => t.handshake(OBSERVER),
      );
      const error = await t.handshake({ ...OBSERVER, revisions: [4_000_000] }).catch((reason: unknown) => reason);
      const metadata = isStatusError(error) ? error.metadata : new Map<string, string>();
      t.equal(metadata.get("gateway_revisions"), "4000000", "metadata gateway_revisions");
      t.verify(
        /^\d+(, ?\d+)*$/.test(metadata.get("provider_revisions") ?? ""),
        "missing",
        "metadata provider_revisions is missing",
      );
    },
  }),
  check("HS-03", "name", {
    title: "The provider's name is a short plain word",
    run: async (t) => {
      const { providerName } = await t.handshake(OBSERVER);
      t.verify(/^[a-z0-9-]{1,63}$/.test(providerName), "wrong-value", `provider_name is "${providerName}"`);
    },
  }),
  check("HS-04", "session-id", {
    title: "Each Handshake gives a new visible session_id",
    run: async (t) => {
      const ids = [await t.handshake(OBSERVER), await t.handshake(OBSERVER)].map(({ sessionId }) => sessionId);
      for (const id of ids) t.verify(/^[!-~]{1,128}$/.test(id), "wrong-value", "session_id is not visible ASCII");
      t.verify(ids[0] !== ids[1], "repeated", "two handshakes gave the same session_id");
    },
  }),
  check("HS-05", "constant", {
    title: "Ten handshakes say the same of the provider",
    run: async (t) => {
      const first = facts(await t.handshake(OBSERVER));
      for (let count = 0; count < 9; count += 1) {
        const next = facts(await t.handshake(OBSERVER));
        t.verify(next === first, "changed", `the answer changed from ${first} to ${next}`);
      }
    },
  }),
  check("HS-06", "capabilities", {
    title: "Capabilities are declared once and with what they require",
    run: async (t) => {
      const { capabilities } = await t.handshake(OBSERVER);
      t.verify(new Set(capabilities).size === capabilities.length, "repeated", "a capability is declared twice");
      for (const row of CAPABILITIES.filter(({ number }) => capabilities.includes(number as Capability))) {
        const missing = row.requires.find((id) => !capabilities.some((number) => capabilityId(number) === id));
        t.verify(missing === undefined, "missing", `${row.id} is declared without ${missing}`);
      }
    },
  }),
  check("HS-07", "features", {
    title: "Features are declared once, with a level and a text where it differs",
    run: async (t) => {
      const { features } = await t.handshake(OBSERVER);
      const numbers = features.map(({ feature }) => feature);
      t.verify(new Set(numbers).size === numbers.length, "repeated", "a feature is declared twice");
      for (const { feature, level, text } of features) {
        const name = featureId(feature) ?? String(feature);
        t.verify(level !== FeatureLevel.UNSPECIFIED, "missing", `feature ${name} has no level`);
        const needsText = level === FeatureLevel.LIMITED || level === FeatureLevel.IGNORED;
        t.verify(!needsText || text !== "", "missing", `feature ${name} is limited or ignored without a text`);
        t.verify(!isBase(feature), "unexpected", `base feature ${name} is listed`);
      }
    },
  }),
  check("HS-08", "limits", {
    title: "Declared limits are possible ones",
    run: async (t) => {
      const limits = (await t.handshake(OBSERVER)).limits;
      if (limits === undefined) return;
      const least = (value: number | undefined, bound: number, what: string) =>
        t.verify(value === undefined || value >= bound, "wrong-value", `${what} is ${value}, must be ${bound} or more`);
      least(limits.maxMessageBytes, 4 * 1024 * 1024, "max_message_bytes");
      least(limits.maxParallelCreates, 1, "max_parallel_creates");
      least(limits.terminalRetentionSeconds, 600, "terminal_retention_seconds");
      least(limits.maxStreams, 1, "max_streams");
    },
  }),
  check("HS-09", "static-tokens", {
    title: "Tokens without inputs.live come with a lifetime",
    needs: ["no:inputs.live"],
    run: async (t) => {
      const hello = await t.handshake(OBSERVER);
      const hasTokens = t.world.honours("inputs.api_access") || t.world.honours("volumes.projected_token");
      const ttl = hello.limits?.staticTokenTtlSeconds;
      t.verify(!hasTokens || ttl !== undefined, "missing", "static_token_ttl_seconds is missing");
    },
  }),
  check("HS-10", "bad-requests", {
    title: "A Handshake without mode, instance, revisions or name is refused",
    run: async (t) => {
      const good = () => t.handshake(OBSERVER);
      await t.refused(() => t.handshake({ ...OBSERVER, mode: SessionMode.UNSPECIFIED }), good);
      await t.refused(() => t.handshake({ ...OBSERVER, instanceId: "" }), good);
      await t.refused(() => t.handshake({ ...OBSERVER, revisions: [] }), good);
      await t.refused(() => t.handshake({ ...OBSERVER, gatewayName: "" }), good);
      await t.refused(() => t.handshake({ fencing: undefined }), good);
      await t.refused(() => t.handshake({ clusterId: "" }), good);
    },
  }),
  check("HS-11", "unknown-field", {
    title: "A field of a later revision is ignored",
    run: async (t) => {
      const request = HandshakeRequest.encode(t.world.ownerRequest(OBSERVER)).finish();
      const answer = await withUnknownField(t, "identity", "Handshake", request);
      t.equal(HandshakeResponse.decode(answer).revision, 1, "revision");
    },
  }),
  check("HS-12", "later-revisions", {
    title: "A caller that also speaks later revisions gets revision 1",
    run: async (t) => {
      const hello = await t.handshake({ ...OBSERVER, revisions: [900, 1, 901] });
      t.equal(hello.revision, 1, "revision");
    },
  }),
];

function facts(hello: HandshakeResponse): string {
  const { sessionId: _, ...rest } = hello;
  return JSON.stringify(rest);
}

function isBase(feature: Feature): boolean {
  return FEATURES.some(({ number, base }) => base && number === feature);
}
