/** Clauses of health and of the node. */
export const NODE = {
  "HEALTH-01": {
    level: "MUST",
    observe: "wire",
    text: "grpc.health.v1 says SERVING for the empty service name, without a session.",
  },
  "HEALTH-02": {
    level: "MUST",
    observe: "wire",
    limitMs: 1000,
    text: "Health answers within 1 s while streams are open and creates are under way.",
  },
  "HEALTH-03": { level: "MUST", observe: "control", text: "Health stays SERVING while the backend is down." },
  "HEALTH-04": {
    level: "SHOULD",
    observe: "wire",
    text: "Health knows the services of the contract by their full names.",
  },
  "NODE-01": { level: "MUST", observe: "wire", limitMs: 3000, text: "GetNode answers within 3 s with a known state." },
  "NODE-02": {
    level: "MUST",
    observe: "wire",
    text: "With an inventory that is complete the state is not STARTING, and NodeState is present.",
  },
  "NODE-03": { level: "MUST", observe: "wire", text: "capacity has cpu, memory and pods." },
  "NODE-04": {
    level: "MUST",
    observe: "wire",
    text: "Every quantity of capacity and allocatable is a Kubernetes quantity.",
  },
  "NODE-05": { level: "MUST", observe: "wire", text: "No allocatable is above its capacity." },
  "NODE-06": {
    level: "MUST",
    observe: "wire",
    text: "architecture, runtime name ([a-z0-9.-]) and runtime version are present.",
  },
  "NODE-07": {
    level: "MUST",
    observe: "wire",
    text: "(type, address) pairs of addresses are unique, types are known, and IP types hold IP addresses.",
  },
  "NODE-08": { level: "MUST", observe: "wire", text: "valid_for_seconds is 0 or at least 15." },
  "NODE-09": {
    level: "MUST",
    observe: "wire",
    text: "Conditions have a type, each once, and a status that is not UNSPECIFIED.",
  },
  "NODE-10": {
    level: "MUST",
    observe: "wire",
    text: "Every answer is complete: two answers without a change between them say the same of the node.",
  },
  "NODE-11": {
    level: "MUST",
    observe: "control",
    text: "While the backend is down GetNode answers OK with state BROKEN or DEGRADED.",
  },
  "NODE-12": { level: "MUST", observe: "control", text: "After the backend's return the state is READY again." },
  "NODE-13": { level: "MUST", observe: "wire", text: "Taints have a key and a known effect." },
  "NODE-14": { level: "MUST", observe: "wire", text: "A state other than READY has a CamelCase reason or none." },
  "NODE-15": {
    level: "MUST",
    observe: "unobservable",
    why: "Whether a backend holds objects that the provider does not know cannot be seen from outside.",
    text: "inventory_complete is true only when the provider knows of every backend object with its tags.",
  },
  "NODE-16": {
    level: "MUST",
    observe: "restart",
    text: "A provider without a configured owner is STARTING with an incomplete inventory before its first OWNER handshake.",
  },
  "NODE-17": {
    level: "SHOULD",
    observe: "unobservable",
    why: "The measure is the backend's load, not the wire.",
    text: "GetNode answers from memory.",
  },
} as const;
