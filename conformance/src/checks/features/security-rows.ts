/** Features of the security context: facts that the kernel tells a process of itself. */
import type { ContainerSketch } from "../../suite/sketch.js";
import { type FeatureRow, FOLDER } from "./row.js";

const STATUS = "grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status";

export const SECURITY_ROWS: readonly FeatureRow[] = [
  {
    feature: "security.run_as_user",
    name: "uid",
    title: "The first process has the user that was asked for",
    script: "id -u",
    shows: ["1234"],
    container: secured({ runAsUser: 1234 }),
  },
  {
    feature: "security.run_as_user",
    name: "container-wins",
    title: "The container's user wins over the pod's",
    script: "id -u",
    shows: ["1235"],
    container: secured({ runAsUser: 1235 }),
    pod: { spec: { securityContext: { runAsUser: 1234 } } },
  },
  {
    feature: "security.run_as_group",
    name: "groups",
    title: "The first process has the group and the supplemental groups that were asked for",
    script: "id -g; id -G",
    shows: ["2345", /\b3456\b/],
    container: secured({ runAsUser: 1234, runAsGroup: 2345 }),
    pod: { spec: { securityContext: { supplementalGroups: [3456] } } },
    also: ["security.run_as_user"],
  },
  {
    feature: "security.fs_group",
    name: "volume",
    title: "An emptyDir belongs to the group, and the process is in it",
    script: `stat -c 'of %g' ${FOLDER}; id -G`,
    shows: ["of 4567", /\b4567\b/],
    container: { mounts: [{ name: "space", mountPath: FOLDER }] },
    pod: { spec: { securityContext: { fsGroup: 4567 }, volumes: [{ name: "space", emptyDir: {} }] } },
    also: ["volumes.empty_dir"],
  },
  {
    feature: "security.read_only_root",
    name: "write",
    title: "Nothing can be written into the root filesystem",
    script: `f=/conformance-$$; if touch $f 2>/dev/null; then rm -f $f; echo written; else echo refused; fi`,
    shows: ["refused"],
    container: secured({ readOnlyRootFilesystem: true }),
  },
  {
    feature: "security.privileged",
    name: "capabilities",
    title: "A privileged process may administer the system",
    script: STATUS,
    shows: [/^CapEff:\s+[0-9a-f]{10}[2367abef][0-9a-f]{5}$/],
    container: secured({ privileged: true }),
  },
  {
    feature: "security.capabilities",
    name: "exactly",
    title: "The process has the capability that was added and no other",
    script: STATUS,
    shows: [/^CapEff:\s+0{15}1$/],
    container: secured({ capabilities: { drop: ["ALL"], add: ["CHOWN"] } }),
  },
  {
    feature: "security.no_new_privileges",
    name: "bit",
    title: "The process cannot gain privileges",
    script: STATUS,
    shows: [/^NoNewPrivs:\s+1$/],
    container: secured({ allowPrivilegeEscalation: false }),
  },
  {
    feature: "security.seccomp",
    name: "filter",
    title: "RuntimeDefault filters system calls",
    script: STATUS,
    shows: [/^Seccomp:\s+2$/],
    container: secured({ seccompProfile: { type: "RuntimeDefault" } }),
  },
  {
    feature: "security.seccomp",
    name: "unconfined",
    title: "Unconfined filters nothing",
    script: STATUS,
    shows: [/^Seccomp:\s+0$/],
    container: secured({ seccompProfile: { type: "Unconfined" } }),
  },
  {
    feature: "security.app_armor",
    name: "profile",
    title: "RuntimeDefault puts the process under a profile",
    script: "cat /proc/self/attr/current",
    shows: [/\((?:enforce|complain)\)$/],
    container: secured({ appArmorProfile: { type: "RuntimeDefault" } }),
  },
  {
    feature: "security.sysctls",
    name: "value",
    title: "The pod's kernel setting has the value",
    script: "cat /proc/sys/kernel/shm_rmid_forced",
    shows: ["1"],
    pod: { spec: { securityContext: { sysctls: [{ name: "kernel.shm_rmid_forced", value: "1" }] } } },
  },
  {
    feature: "security.user_namespace",
    name: "map",
    title: "Root of the pod is another user of the host",
    script: "cat /proc/self/uid_map",
    shows: [/^\s*0\s+[1-9]/],
    pod: { spec: { hostUsers: false } },
  },
];

function secured(securityContext: Readonly<Record<string, unknown>>): Partial<ContainerSketch> {
  return { extra: { securityContext } };
}
