import { expect } from "chai";
import { toKubeletConfiguration } from "./configuration.js";

describe("the configuration shown at /configz", () => {
  const settings = {
    kubeletAddress: "0.0.0.0",
    kubeletPort: 10250,
    tlsCert: undefined,
    tlsKey: undefined,
    clientCA: "/ca.crt",
    clusterDNS: ["10.96.0.10"],
    clusterDomain: "cluster.local",
  };

  it("has a kubelet's fields with what is true here", () => {
    expect(toKubeletConfiguration(settings, { hasTokens: true, authorization: "webhook" })).to.deep.equal({
      enableServer: true,
      address: "0.0.0.0",
      port: 10250,
      authentication: {
        x509: { clientCAFile: "/ca.crt" },
        webhook: { enabled: true, cacheTTL: "2m0s" },
        anonymous: { enabled: false },
      },
      authorization: { mode: "Webhook", webhook: { cacheAuthorizedTTL: "5m0s", cacheUnauthorizedTTL: "30s" } },
      enableDebuggingHandlers: true,
      clusterDomain: "cluster.local",
      clusterDNS: ["10.96.0.10"],
      enableSystemLogHandler: false,
      enableSystemLogQuery: false,
      enableProfilingHandler: false,
      enableDebugFlagsHandler: false,
    });
  });

  it("says when every caller that is recognised may do everything", () => {
    const shown = toKubeletConfiguration(
      { ...settings, tlsCert: "/tls.crt", tlsKey: "/tls.key" },
      { hasTokens: false, authorization: "always-allow" },
    );
    expect(shown).to.deep.include({
      authorization: { mode: "AlwaysAllow" },
      tlsCertFile: "/tls.crt",
      tlsPrivateKeyFile: "/tls.key",
    });
    expect(shown).to.have.nested.property("authentication.webhook.enabled", false);
  });
});
