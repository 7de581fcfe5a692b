import { expect } from "chai";
import { sysctlRefusal } from "./admission-sysctls.js";

describe("the sysctls of a pod", () => {
  const judge = (name: string, host: { readonly hostNetwork?: boolean; readonly hostIPC?: boolean } = {}) =>
    sysctlRefusal({ spec: { containers: [], securityContext: { sysctls: [{ name, value: "1" }] }, ...host } });

  it("are refused in the kubelet's words unless they are safe", () => {
    expect(judge("kernel.msgmax")).to.deep.equal({
      reason: "SysctlForbidden",
      message: 'forbidden sysctl: "kernel.msgmax" not allowlisted',
    });
    expect(judge("kernel.shm_rmid_forced")).to.equal(undefined);
    expect(sysctlRefusal({ spec: { containers: [] } })).to.equal(undefined);
  });

  it("may be written with slashes", () => {
    expect(judge("net/ipv4/tcp_syncookies")).to.equal(undefined);
    expect(judge("net/ipv4/conf/eno2.100/rp_filter")?.message).to.contain('"net.ipv4.conf.eno2/100.rp_filter"');
  });

  it("are refused where the pod shares what they belong to with the machine", () => {
    expect(judge("net.ipv4.tcp_syncookies", { hostNetwork: true })?.message).to.equal(
      'forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host Net enabled',
    );
    expect(judge("kernel.shm_rmid_forced", { hostIPC: true })?.message).to.contain("host IPC enabled");
    expect(judge("kernel.shm_rmid_forced", { hostNetwork: true })).to.equal(undefined);
  });
});
