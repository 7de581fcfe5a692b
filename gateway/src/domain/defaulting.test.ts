import { readFileSync } from "node:fs";
import { expect } from "chai";
import { defaultPod } from "./defaulting.js";
import { goldenCases, goldenPod, goldenText } from "./golden.test.js";
import type { PodSpec } from "./kubernetes.js";
import { qosClass } from "./qos.js";
import { parseAllDocuments } from "yaml";

interface Case {
  readonly name: string;
  readonly before: unknown;
  readonly after: { readonly metadata: object; readonly spec: PodSpec };
  readonly qosClass: string;
}

const url = new URL("../../../proto/vectors/defaulting.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(url, "utf8")) as { cases: readonly Case[] };

describe("defaulting vectors", () => {
  for (const { name, before, after, qosClass: quality } of cases) {
    it(name, () => {
      const { metadata, spec } = defaultPod(before);
      const { namespace, ...rest } = metadata;
      expect(namespace).to.equal("default");
      expect(rest).to.deep.equal(after.metadata);
      expect(withoutAccount(spec)).to.deep.equal(withoutAccount(after.spec));
      expect(qosClass(spec)).to.equal(quality);
    });
  }
});

describe("defaultPod against an API server", () => {
  for (const name of goldenCases()) {
    it(`makes of ${name} what the server made of it`, () => {
      const document = parseAllDocuments(goldenText(`${name}/pod.yaml`), { version: "1.1" })
        .map((each) => each.toJS() as { kind?: string; metadata?: { name?: string } } | null)
        .find((each) => each?.kind === "Pod");
      const created = goldenPod(name);
      if (document === undefined || document?.metadata?.name !== created.metadata.name) return;
      expect(withoutAdmission(defaultPod(document).spec)).to.deep.equal(withoutAdmission(created.spec));
    });
  }
});

function withoutAccount(spec: PodSpec): object {
  const { serviceAccount: _account, serviceAccountName: _name, ...rest } = spec;
  return rest;
}

/** Without what admission plugins and the scheduler add. */
function withoutAdmission(spec: PodSpec): object {
  const { tolerations: _tolerations, priority: _priority, preemptionPolicy: _policy, nodeName: _node, ...rest } = spec;
  const volumes = (spec.volumes ?? []).filter(({ name }) => !name.startsWith("kube-api-access-"));
  const strip = (containers: PodSpec["containers"] | undefined): readonly unknown[] | undefined =>
    containers?.map((container) => {
      const mounts = (container.volumeMounts ?? []).filter(({ name }) => !name.startsWith("kube-api-access-"));
      const { volumeMounts: _mounts, ...others } = container;
      return mounts.length === 0 ? others : { ...others, volumeMounts: mounts };
    });
  const { volumes: _volumes, containers, initContainers, ...others } = withoutAccount(rest) as PodSpec;
  return { ...others, volumes, containers: strip(containers), initContainers: strip(initContainers) };
}
