/** Reading JSON by paths such as "spec.containers[0].image" and patterns such as "spec.containers[].resources.limits['a-b']". */

/** A value and its concrete path. */
export interface Found {
  readonly path: string;
  readonly value: unknown;
}

export type Step =
  /** `text`: as a path shows it behind another step. */
  | { readonly kind: "key"; readonly key: string; readonly text: string }
  | { readonly kind: "each" }
  | { readonly kind: "item"; readonly index: number };

/** Everything that a pattern matches and that has a value. */
export function valuesAt(root: unknown, pattern: string): readonly Found[] {
  const found: Found[] = [];
  collect(found, stepsOf(pattern), 0, { path: "", value: root });
  return found;
}

/** Every value that is no object and no list. */
export function leavesOf(root: unknown, path = ""): readonly Found[] {
  if (root === undefined || root === null) return [];
  if (Array.isArray(root)) return root.flatMap((item, index) => leavesOf(item, `${path}[${index}]`));
  if (typeof root !== "object") return [{ path, value: root }];
  return Object.entries(root).flatMap(([key, value]) => leavesOf(value, join(path, key)));
}

/** Follows the steps from one on; most patterns end early, since most fields are absent. */
function collect(found: Found[], steps: readonly Step[], at: number, { path, value }: Found): void {
  const step = steps[at];
  if (step === undefined) {
    found.push({ path, value });
  } else if (step.kind === "key") {
    const next = childOf(value, step.key);
    if (next === undefined || next === null) return;
    collect(found, steps, at + 1, { path: path === "" ? step.key : path + step.text, value: next });
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const isWanted = step.kind === "each" || (step.index === index && item !== undefined);
      if (isWanted) collect(found, steps, at + 1, { path: `${path}[${index}]`, value: item });
    }
  }
}

function childOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

function join(path: string, key: string): string {
  return path === "" && PLAIN.test(key) ? key : path + textOf(key);
}

const PLAIN = /^[A-Za-z_]\w*$/;

function textOf(key: string): string {
  return PLAIN.test(key) ? `.${key}` : `['${key}']`;
}

const STEP = /\[(\d*)\]|\['([^']*)'\]|\.?([A-Za-z_]\w*)/g;

const parsed = new Map<string, readonly Step[]>();

/** Patterns are few and constant: each is parsed once. */
export function stepsOf(pattern: string): readonly Step[] {
  const known = parsed.get(pattern);
  if (known !== undefined) return known;
  const steps = parseSteps(pattern);
  parsed.set(pattern, steps);
  return steps;
}

function parseSteps(pattern: string): readonly Step[] {
  return [...pattern.matchAll(STEP)].map(([, index, quoted, plain]) => {
    const key = quoted ?? plain ?? "";
    if (index === undefined) return { kind: "key", key, text: textOf(key) };
    return index === "" ? { kind: "each" } : { kind: "item", index: Number(index) };
  });
}
