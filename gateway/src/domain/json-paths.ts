/** Reading JSON by paths such as "spec.containers[0].image" and patterns such as "spec.containers[].resources.limits['a-b']". */

/** A value and its concrete path. */
export interface Found {
  readonly path: string;
  readonly value: unknown;
}

type Step =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "each" }
  | { readonly kind: "item"; readonly index: number };

/** Everything that a pattern matches and that has a value. */
export function valuesAt(root: unknown, pattern: string): readonly Found[] {
  return stepsOf(pattern).reduce<readonly Found[]>(
    (found, step) => found.flatMap((each) => take(each, step)),
    [{ path: "", value: root }],
  );
}

/** Every value that is no object and no list, and every empty one. */
export function leavesOf(root: unknown, path = ""): readonly Found[] {
  if (root === undefined || root === null) return [];
  if (Array.isArray(root)) return root.flatMap((item, index) => leavesOf(item, `${path}[${index}]`));
  if (typeof root !== "object") return [{ path, value: root }];
  return Object.entries(root).flatMap(([key, value]) => leavesOf(value, join(path, key)));
}

/** The pattern of a concrete path: indices left out. */
export function patternOf(path: string): string {
  return path.replaceAll(/\[\d+\]/g, "[]");
}

function take({ path, value }: Found, step: Step): readonly Found[] {
  if (step.kind === "each") {
    return Array.isArray(value)
      ? value.map((item: unknown, index) => ({ path: `${path}[${index}]`, value: item }))
      : [];
  }
  if (step.kind === "item") {
    const item: unknown = Array.isArray(value) ? value[step.index] : undefined;
    return item === undefined ? [] : [{ path: `${path}[${step.index}]`, value: item }];
  }
  if (typeof value !== "object" || value === null) return [];
  const next = (value as Readonly<Record<string, unknown>>)[step.key];
  return next === undefined || next === null ? [] : [{ path: join(path, step.key), value: next }];
}

function join(path: string, key: string): string {
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${path}['${key}']`;
  return path === "" ? key : `${path}.${key}`;
}

const STEP = /\[(\d*)\]|\['([^']*)'\]|\.?([A-Za-z_]\w*)/g;

/** Patterns are few and constant: each is parsed once. */
const parsed = new Map<string, readonly Step[]>();

function stepsOf(pattern: string): readonly Step[] {
  const known = parsed.get(pattern);
  if (known !== undefined) return known;
  const steps = parseSteps(pattern);
  parsed.set(pattern, steps);
  return steps;
}

function parseSteps(pattern: string): readonly Step[] {
  return [...pattern.matchAll(STEP)].map(([, index, quoted, plain]) => {
    if (index === undefined) return { kind: "key", key: quoted ?? plain ?? "" };
    return index === "" ? { kind: "each" } : { kind: "item", index: Number(index) };
  });
}
