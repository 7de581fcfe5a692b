/** Rules that change what CreatePod asks for: the spec of the Manifest, and the inputs that go with it. */
import { type Message, requests, type Rule } from "./rule.js";

/** Changes the spec in place, and lays a change over the inputs. */
export function ordered(change: (spec: Message) => void, inputs: (inputs: Message) => object = () => ({})): Rule {
  return requests("createPod", (order) => {
    if (order.manifest === undefined || order.inputs === undefined) return order;
    const pod = parsed(order.manifest.json);
    if (pod === undefined) return order;
    change(pod.spec);
    return {
      ...order,
      manifest: { json: Buffer.from(JSON.stringify(pod)) },
      inputs: { ...order.inputs, ...inputs(order.inputs) },
    };
  });
}

/** Takes fields away, by the paths of the registry of features. */
export function stripped(paths: readonly string[]): (spec: Message) => void {
  return (spec) => {
    for (const path of paths) strip({ spec }, stepsOf(path));
  };
}

/** "spec.containers[].resources.limits['a-b']" is spec, containers, [], resources, limits, a-b. */
function stepsOf(path: string): readonly string[] {
  return [...path.matchAll(/\['([^']+)'\]|(\[\])|([^.[\]]+)/g)].map(
    ([, quoted, every, plain]) => quoted ?? every ?? plain ?? "",
  );
}

function strip(target: Message, [step, ...rest]: readonly string[]): void {
  if (target === undefined || target === null || step === undefined) return;
  if (step === "[]") for (const element of target) strip(element, rest);
  else if (rest.length === 0) delete target[step];
  else strip(target[step], rest);
}

function parsed(json: Uint8Array): Message {
  try {
    return JSON.parse(Buffer.from(json).toString("utf8"));
  } catch {
    return undefined;
  }
}
