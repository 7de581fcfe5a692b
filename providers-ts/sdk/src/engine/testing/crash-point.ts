/** A view of a runtime that hangs for ever at its n-th call, before or after the effect: where an engine is killed there. */
import type { ContainerRuntime } from "../runtime.js";

/** When the call hangs. */
export type CrashMoment = "before" | "after";

const COUNTED: ReadonlySet<string> = new Set([
  "createSandbox",
  "stopSandbox",
  "startContainer",
  "stopContainer",
  "ensureImage",
  "removeContainer",
]);

/** See the head of this file. `onReached` is called when the point is reached. */
export function crashAt(
  runtime: ContainerRuntime,
  point: { readonly call: number; readonly moment: CrashMoment },
  onReached: () => void,
): ContainerRuntime {
  let calls = 0;
  const hang = async (): Promise<never> => {
    onReached();
    return await new Promise<never>(() => {});
  };
  return new Proxy(runtime, {
    get(target, key) {
      const value = Reflect.get(target, key) as unknown;
      if (typeof value !== "function") return value;
      const method = value.bind(target) as (...args: unknown[]) => unknown;
      if (typeof key !== "string" || !COUNTED.has(key)) return method;
      return async (...args: unknown[]): Promise<unknown> => {
        const isHere = calls === point.call;
        calls += 1;
        if (isHere && point.moment === "before") return await hang();
        const answer = await method(...args);
        return isHere ? await hang() : answer;
      };
    },
  });
}
