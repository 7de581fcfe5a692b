import { expect } from "chai";
import { hostNetworkHostsFile, hostsFile, resolvConf } from "./hosts.js";

describe("hosts file", () => {
  it("is as the kubelet writes it, with the pod's lines and the aliases", () => {
    const inputs = {
      podHostNames: ["p.sub.ns.svc.cluster.local", "p"],
      hosts: [{ ip: "10.1.1.1", hostnames: ["a", "b"] }],
    };
    expect(hostsFile(inputs, ["10.0.0.7", "fd00::7"])).to.equal(
      "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n" +
        "fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n" +
        "10.0.0.7\tp.sub.ns.svc.cluster.local\tp\nfd00::7\tp.sub.ns.svc.cluster.local\tp\n" +
        "\n# Entries added by HostAliases.\n10.1.1.1\ta\tb\n",
    );
  });

  it("on the host's network is the host's own with the aliases", () => {
    const hosts = [{ ip: "10.1.1.1", hostnames: ["a"] }];
    expect(hostNetworkHostsFile({ hosts }, "127.0.0.1 here\n")).to.equal(
      "# Kubernetes-managed hosts file (host network).\n127.0.0.1 here\n" +
        "\n# Entries added by HostAliases.\n10.1.1.1\ta\n",
    );
    expect(hostNetworkHostsFile({ hosts: [] }, "127.0.0.1 here\n")).to.match(/^#.*\n127.0.0.1 here\n$/);
  });

  it("has no line of aliases without aliases", () => {
    expect(hostsFile({ podHostNames: ["p"], hosts: [] }, [])).not.to.contain("HostAliases");
  });
});

describe("resolv.conf", () => {
  it("holds searches, servers and options", () => {
    const dns = { servers: ["10.0.0.10"], searches: ["ns.svc.d", "svc.d"], options: ["ndots:5", "debug"] };
    expect(resolvConf(dns)).to.equal("search ns.svc.d svc.d\nnameserver 10.0.0.10\noptions ndots:5 debug\n");
  });
});
