import { expect } from "chai";
import { hostsFile, resolvConf } from "./hosts.js";

describe("hosts file", () => {
  it("is as the contract words it, with the pod's lines and the aliases", () => {
    const inputs = {
      podHostNames: ["p.sub.ns.svc.cluster.local", "p"],
      hosts: [{ ip: "10.1.1.1", hostnames: ["a", "b"] }],
    };
    expect(hostsFile(inputs, ["10.0.0.7", "fd00::7"])).to.equal(
      "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost\tip6-localhost\tip6-loopback\n" +
        "fe00::\tip6-localnet\nfe00::\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n" +
        "10.0.0.7\tp.sub.ns.svc.cluster.local\tp\nfd00::7\tp.sub.ns.svc.cluster.local\tp\n" +
        "\n# Entries added by HostAliases.\n10.1.1.1\ta\tb\n",
    );
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
