/** The contract: messages and services of outboard.provider.v1, registries, and the rpc adapter. The only door. */
export * from "./gen/outboard/provider/v1/errors.js";
export * from "./gen/outboard/provider/v1/features.js";
export * from "./gen/outboard/provider/v1/identity.js";
export * from "./gen/outboard/provider/v1/interaction.js";
export * from "./gen/outboard/provider/v1/node.js";
export * from "./gen/outboard/provider/v1/pod.js";
export * from "./gen/outboard/provider/v1/pod_inputs.js";
export * from "./gen/outboard/provider/v1/pod_observation.js";
export * from "./gen/outboard/provider/v1/stats.js";
export * from "./gen/outboard/testing/v1alpha1/control.js";
export * from "./registry/index.js";
export * from "./rpc/index.js";
