/** Features that a provider may declare and nobody can prove from inside a pod, with the reason. Reports show both. */
import type { FeatureId } from "@outboard/contract";

export const DECLARED_ONLY: Readonly<Partial<Record<FeatureId, string>>> = {
  "image.pull_secrets": "needs a registry that asks for credentials, which no kit can bring along",
  "volumes.image": "needs an image whose files are known, which a kit cannot promise for every platform",
  "volumes.persistent_claim": "needs a volume that was made outside of the pod",
  "volumes.mount_propagation": "needs mounts on the host that come and go beside the pod",
  "resources.extended": "needs a device that the node offers under a name of its own",
  "resources.claims": "needs a driver of dynamic resources on the node",
  "security.selinux": "needs a machine with SELinux and labels that its policy knows",
  runtime_class: "needs a second runtime handler, known by its name",
  unknown_field: "stands for whatever the registry does not know, so there is nothing to look for",
};
