/** Features of single containers and of the pod's names: what a process finds where it starts. */
import { literal } from "../../suite/sketch.js";
import { type FeatureRow, FOLDER } from "./row.js";

const SPACE = { mounts: [{ name: "space", mountPath: FOLDER }] } as const;
const EMPTY_DIR = { name: "space", emptyDir: {} } as const;

export const WORKLOAD_ROWS: readonly FeatureRow[] = [
  {
    feature: "working_dir",
    name: "pwd",
    title: "The process starts in the directory",
    script: "pwd",
    shows: ["/tmp"],
    container: { extra: { workingDir: "/tmp" } },
  },
  {
    feature: "tty",
    name: "terminal",
    title: "Standard output of the process is a terminal",
    script: "if [ -t 1 ]; then echo terminal; else echo none; fi",
    shows: ["terminal"],
    container: { tty: true },
  },
  {
    feature: "lifecycle.stop_signal",
    name: "usr1",
    title: "The container gets its own signal at the stop",
    script: "trap 'echo told; exit 9' USR1; echo ready; while :; do sleep 0.1; done",
    shows: ["told"],
    container: { extra: { lifecycle: { stopSignal: "SIGUSR1" } } },
    pod: { spec: { os: { name: "linux" } } },
    isStopped: true,
  },
  {
    feature: "dns",
    name: "resolv-conf",
    title: "resolv.conf has the servers, the domains and the options",
    script: "cat /etc/resolv.conf",
    shows: ["nameserver 192.0.2.53", /^search .*\bconformance\.test\b/, /^options .*\bndots:3\b/],
    pod: {
      spec: {
        dnsPolicy: "None",
        dnsConfig: {
          nameservers: ["192.0.2.53"],
          searches: ["conformance.test"],
          options: [{ name: "ndots", value: "3" }],
        },
      },
      inputs: { dns: { servers: ["192.0.2.53"], searches: ["conformance.test"], options: ["ndots:3"] } },
    },
  },
  {
    feature: "host_aliases",
    name: "hosts",
    title: "The hosts file has the extra line",
    script: "cat /etc/hosts",
    shows: [/^192\.0\.2\.7\s+one\.conformance\.test\s+two\.conformance\.test$/],
    pod: {
      spec: { hostAliases: [{ ip: "192.0.2.7", hostnames: ["one.conformance.test", "two.conformance.test"] }] },
      inputs: { hosts: [{ ip: "192.0.2.7", hostnames: ["one.conformance.test", "two.conformance.test"] }] },
    },
  },
  {
    feature: "volumes.empty_dir",
    name: "outlives-an-instance",
    title: "An emptyDir is empty at first and outlives an instance of its container",
    script: `cd ${FOLDER} 2>/dev/null || { echo none; exit 0; }; if [ -e note ]; then cat note; exit 0; fi; ls -A; echo kept >note; exit 1`,
    shows: ["kept"],
    container: SPACE,
    pod: { restartPolicy: "OnFailure", spec: { volumes: [EMPTY_DIR] } },
    also: ["restart_policy.on_failure"],
  },
  {
    feature: "volumes.empty_dir.memory",
    name: "tmpfs",
    title: "The volume is in memory",
    script: `grep ' ${FOLDER} ' /proc/mounts`,
    shows: [/ tmpfs /],
    container: SPACE,
    pod: { spec: { volumes: [{ name: "space", emptyDir: { medium: "Memory" } }] } },
  },
  {
    feature: "volumes.sub_path",
    name: "folder",
    title: "Only the folder below the sub path is mounted",
    script: `cat ${FOLDER}/note; ls ${FOLDER}`,
    shows: ["of the sub path", "note"],
    container: {
      mounts: [{ name: "space", mountPath: FOLDER, subPath: "inner" }],
      inputs: { subPaths: [{ mountPath: FOLDER, path: literal("inner") }] },
    },
    pod: { spec: { volumes: [EMPTY_DIR] } },
    others: [
      {
        name: "writer",
        behaviour: "shell",
        params: { script: "mkdir -p /space/inner; echo of the sub path >/space/inner/note" },
        mounts: [{ name: "space", mountPath: "/space" }],
        isInit: true,
      },
    ],
    also: ["volumes.empty_dir", "init_containers"],
  },
  {
    feature: "env.file_key",
    name: "from-a-volume",
    title: "A variable comes from a file that an init container wrote",
    script: 'echo "$NOTE"',
    shows: ["from the file"],
    container: {
      env: [
        {
          name: "NOTE",
          value: {
            parts: [
              {
                part: { $case: "fileKey", value: { volume: "space", path: "notes.env", key: "NOTE", optional: false } },
              },
            ],
          },
        },
      ],
      extra: {
        env: [{ name: "NOTE", valueFrom: { fileKeyRef: { volumeName: "space", path: "notes.env", key: "NOTE" } } }],
      },
    },
    pod: { spec: { volumes: [EMPTY_DIR] } },
    others: [
      {
        name: "writer",
        behaviour: "shell",
        params: { script: `echo "NOTE='from the file'" >${FOLDER}/notes.env` },
        mounts: SPACE.mounts,
        isInit: true,
      },
    ],
    also: ["volumes.empty_dir", "init_containers"],
  },
];
