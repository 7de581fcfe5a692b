import { expect } from "chai";
import { goldenCases, goldenPod } from "./golden.test.js";
import type { BoundToken, InputObjects } from "./input-objects.js";
import type { FileInput } from "./inputs.js";
import type { ConfigMap, Pod, Secret } from "./kubernetes.js";
import { podWith } from "./pod.test.js";
import { referencesOf } from "./pod-references.js";
import { apiAccessVolume, podVolumes } from "./volumes.js";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const TOKEN: BoundToken = { token: "t", expiresAt: "2026-01-01T01:00:00Z" };

function objects(
  configMaps: Readonly<Record<string, ConfigMap>> = {},
  secrets: Readonly<Record<string, Secret>> = {},
  token: BoundToken | undefined = TOKEN,
): InputObjects {
  const allocatable = { cpu: "2", memory: "1Gi" };
  return {
    configMap: (name) => configMaps[name],
    secret: (name) => secrets[name],
    token: () => token,
    services: [],
    allocatable,
  };
}

const cm = { data: { k: "v", multi: "a\nb", "key.with-dots": "x", "1bad": "y" }, binaryData: { bin: "AAEC/w==" } };
const sec = { data: { user: base64("admin"), pass: base64("p$(A)w") } };

function filesOf(pod: Pod, volume: string, read: InputObjects): readonly FileInput[] {
  const { volumes, problems } = podVolumes(pod, read);
  expect(problems).to.deep.equal([]);
  return volumes.find(({ name }) => name === volume)?.files ?? [];
}

const shown = (file: FileInput): string =>
  `${file.path} ${file.mode.toString(8)} ${Buffer.from(file.content).toString()}`;

describe("podVolumes, as a real kubelet filled them", () => {
  const pod = goldenPod("vol-all");
  const read = objects({ cm, "kube-root-ca.crt": { data: { "ca.crt": "CA" } } }, { sec });

  it("writes all keys of a ConfigMap, binary ones too", () => {
    expect(filesOf(pod, "cm", read).map(shown)).to.deep.equal([
      "1bad 644 y",
      `bin 644 ${Buffer.from("AAEC/w==", "base64").toString()}`,
      "k 644 v",
      "key.with-dots 644 x",
      "multi 644 a\nb",
    ]);
  });

  it("gives files to the fsGroup and lets it read them", () => {
    expect(filesOf(pod, "cmi", read).map(shown)).to.deep.equal(["a/b/kk 440 v", "m 666 a\nb"]);
    expect(filesOf(pod, "cmi", read).map(({ gid }) => gid)).to.deep.equal([1234, 1234]);
  });

  it("makes an optional missing ConfigMap an empty directory", () => {
    expect(podVolumes(pod, read).volumes.find(({ name }) => name === "cmopt")).to.deep.equal({
      name: "cmopt",
      files: [],
    });
  });

  it("restricts tokens and marks what is secret", () => {
    const files = filesOf(pod, "proj", read);
    expect(files.map(({ path, mode, sensitive }) => [path, mode.toString(8), sensitive])).to.deep.equal([
      ["cm/k", "644", false],
      ["sec/user", "440", true],
      ["labels", "644", false],
      ["token", "640", true],
    ]);
    expect(files.at(-1)?.expiresAt).to.equal(TOKEN.expiresAt);
  });

  it("answers the downward API", () => {
    expect(filesOf(pod, "dapi", read).map(shown)).to.deep.equal([
      "name 644 p",
      `ns 644 ${pod.metadata.namespace}`,
      'labels 644 a="quote"\napp="web"\nz="1"',
      'annotations 644 b="2"\nnote="hello \\nworld"',
      "one 440 web",
      "cpul 644 500",
      "meml 644 67108864",
    ]);
  });
});

describe("podVolumes with something missing", () => {
  const containers = [{ name: "c", image: "i:1", volumeMounts: [{ name: "v", mountPath: "/v" }] }];
  const volume = (source: object): Pod => podWith({ containers, volumes: [{ name: "v", ...source }] });
  const projected = (...sources: readonly object[]): Pod => volume({ projected: { sources } });
  const token = { serviceAccountToken: { path: "t" } };
  const cases: readonly (readonly [string, Pod, string])[] = [
    ["a secret", volume({ secret: { secretName: "nope" } }), 'secret "nope" not found'],
    ["a ConfigMap", volume({ configMap: { name: "nope" } }), 'configmap "nope" not found'],
    [
      "a key of a ConfigMap",
      volume({ configMap: { name: "cm", items: [{ key: "zz", path: "p" }] } }),
      "configmap references non-existent config key: zz",
    ],
    [
      "a key of a secret",
      volume({ secret: { secretName: "sec", items: [{ key: "zz", path: "p" }] } }),
      "references non-existent secret key: zz",
    ],
    ["a service account", projected(token), 'failed to fetch token: serviceaccounts "default" not found'],
    [
      "two sources",
      projected({ secret: { name: "nope" } }, { configMap: { name: "nope" } }),
      '[secret "nope" not found, configmap "nope" not found]',
    ],
    [
      "a path that leaves the volume",
      volume({ configMap: { name: "cm", items: [{ key: "k", path: "../x" }] } }),
      "invalid path: must be relative and stay in the volume: ../x",
    ],
  ];
  for (const [what, pod, message] of cases) {
    it(`says so as the kubelet does: ${what}`, () => {
      const read: InputObjects = { ...objects({ cm }, { sec }), token: () => undefined };
      expect(podVolumes(pod, read).problems).to.deep.equal([`MountVolume.SetUp failed for volume "v" : ${message}`]);
    });
  }

  it("reads and fills nothing that no container mounts", () => {
    const pod = podWith({
      volumes: [
        { name: "v", secret: { secretName: "nope" } },
        { name: "w", configMap: { name: "nope" } },
      ],
    });
    expect(podVolumes(pod, objects())).to.deep.equal({ volumes: [], problems: [] });
    expect(referencesOf(pod)).to.deep.equal({ configMaps: [], secrets: [], pullSecrets: [], tokens: [] });
  });

  it("skips missing keys of optional objects", () => {
    const pod = volume({ secret: { secretName: "sec", optional: true, items: [{ key: "zz", path: "p" }] } });
    expect(podVolumes(pod, objects({}, { sec })).problems).to.deep.equal([]);
  });
});

describe("the auto-mounted volume", () => {
  it("is known by what admission makes, in every recorded pod that has it", () => {
    for (const name of goldenCases()) {
      const pod = goldenPod(name);
      const expected = pod.spec.volumes?.find((volume) => volume.name.startsWith("kube-api-access-"))?.name;
      expect(apiAccessVolume(pod), name).to.equal(expected);
    }
  });

  it("can be left out, and then nothing of it is read", () => {
    const pod = goldenPod("never-exit0");
    const omitted = new Set([apiAccessVolume(pod) ?? ""]);
    expect(podVolumes(pod, objects(), omitted)).to.deep.equal({ volumes: [], problems: [] });
    expect(referencesOf(pod).configMaps).to.deep.equal(["kube-root-ca.crt"]);
    expect(referencesOf(pod, omitted)).to.deep.equal({ configMaps: [], secrets: [], pullSecrets: [], tokens: [] });
  });
});

describe("referencesOf", () => {
  it("finds every object once, from volumes and variables", () => {
    expect(referencesOf(goldenPod("vol-all"))).to.deep.equal({
      configMaps: ["cm", "nope", "kube-root-ca.crt"],
      secrets: ["sec"],
      pullSecrets: [],
      tokens: [
        { audience: "aud", expirationSeconds: 600 },
        { audience: "", expirationSeconds: 3607 },
      ],
    });
    expect(referencesOf(goldenPod("env-all")).secrets).to.include.members(["sec", "zz"]);
    expect(referencesOf(goldenPod("runtimeclass-unknown-handler")).runtimeClass).to.equal("nohandler");
  });
});
