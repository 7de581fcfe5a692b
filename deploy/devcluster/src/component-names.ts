// The programs a control plane is made of, in the order they are built: quick ones first.

export const COMPONENTS = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"] as const;
export type ComponentName = (typeof COMPONENTS)[number];
