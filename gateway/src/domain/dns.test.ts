import { expect } from "chai";
import { podDNS } from "./dns.js";
import { goldenPod } from "./golden.test.js";
import { podNames } from "./hostname.js";
import { podWith } from "./pod.test.js";

const settings = { clusterDNS: ["10.96.0.10"], clusterDomain: "cluster.local" };
const host = { servers: ["10.200.0.53"], searches: ["example.test"], options: ["ndots:2"] };

describe("podDNS", () => {
  it("merges as the kubelet did", () => {
    expect(podDNS(goldenPod("dns-clusterfirst-merge"), { ...settings, host })).to.deep.equal({
      warnings: [],
      config: {
        servers: ["10.96.0.10", "9.9.9.9"],
        searches: [
          "g-dns-clusterfirst-merge.svc.cluster.local",
          "svc.cluster.local",
          "cluster.local",
          "example.test",
          "x.y",
        ],
        options: ["ndots:3", "timeout:1"],
      },
    });
  });

  it("leaves policy Default to the host, or to the backend", () => {
    expect(podDNS(goldenPod("dns-default"), { ...settings, host }).config).to.deep.equal(host);
    expect(podDNS(goldenPod("dns-default"), settings).config).to.equal(undefined);
  });

  it("takes the host's settings for host networking unless told otherwise", () => {
    expect(podDNS(podWith({ hostNetwork: true }), settings).config).to.equal(undefined);
    const asked = podWith({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" });
    expect(podDNS(asked, settings).config?.servers).to.deep.equal(["10.96.0.10"]);
  });

  it("says that there is no cluster DNS", () => {
    const { config, warnings } = podDNS(podWith(), { ...settings, clusterDNS: [] });
    expect(config).to.equal(undefined);
    expect(warnings).to.deep.equal([
      {
        reason: "MissingClusterDNS",
        message:
          'pod: "p_ns(u-1)". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.',
      },
    ]);
  });

  it("keeps within the resolver's limits and says what it left out", () => {
    const dnsConfig = {
      nameservers: ["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"],
      searches: ["a".repeat(254), ...Array.from({ length: 40 }, (_, index) => `d${index}.test`)],
    };
    const { config, warnings } = podDNS(podWith({ dnsPolicy: "None", dnsConfig }), settings);
    expect(config?.servers).to.have.length(3);
    expect(config?.searches).to.have.length(31);
    expect(warnings.map(({ reason }) => reason)).to.deep.equal(["DNSConfigForming", "DNSConfigForming"]);
    expect(warnings[0]?.message).to.equal(
      "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 1.1.1.1 2.2.2.2 3.3.3.3",
    );
  });

  it("cuts a search line that is too long as a whole", () => {
    const searches = Array.from({ length: 12 }, (_, index) => `${String(index).padStart(2, "0")}${"x".repeat(198)}`);
    const { config } = podDNS(
      podWith({ dnsPolicy: "None", dnsConfig: { nameservers: ["1.1.1.1"], searches } }),
      settings,
    );
    expect(config?.searches.join(" ").length).to.be.at.most(2048);
    expect(config?.searches).to.have.length(10);
  });
});

describe("podNames", () => {
  it("is the pod's name, cut to what a kernel takes", () => {
    expect(podNames(podWith({}, { name: `${"a".repeat(62)}-b` }), "cluster.local").hostname).to.equal("a".repeat(62));
  });

  it("has a domain only with a subdomain, in the kernel only when asked", () => {
    const full = "myhost.mysub.g-hostname-fqdn.svc.cluster.local";
    expect(podNames(goldenPod("hostname-fqdn"), "cluster.local")).to.deep.equal({
      hostname: full,
      podHostNames: [full, "myhost"],
    });
    const plain = podNames(podWith({ hostname: "h", subdomain: "s" }), "cluster.local");
    expect(plain).to.deep.equal({ hostname: "h", podHostNames: ["h.s.ns.svc.cluster.local", "h"] });
  });

  it("refuses a full name that is too long", () => {
    const pod = podWith({ hostname: "h".repeat(60), subdomain: "s", setHostnameAsFQDN: true });
    expect(() => podNames(pod, "cluster.local")).to.throw("is too long (64 characters is the max");
  });

  it("lets the override win and leaves host networking to the host", () => {
    expect(podNames(podWith({ hostnameOverride: "o", subdomain: "s" }), "d")).to.deep.equal({
      hostname: "o",
      podHostNames: ["o"],
    });
    expect(podNames(podWith({ hostNetwork: true }), "d")).to.deep.equal({ hostname: "", podHostNames: [] });
  });
});
