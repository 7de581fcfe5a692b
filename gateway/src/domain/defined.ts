/** Building objects whose optional keys are absent, never undefined. */

/** The same object type with what may be undefined made optional. */
export type Defined<T> = { readonly [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  readonly [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};

/** The object without the keys whose value is undefined; the same object if it has none. */
export function defined<T extends object>(value: T): Defined<T> {
  const values = Object.values(value);
  if (!values.includes(undefined)) return value;
  const keys = Object.keys(value);
  const kept: Record<string, unknown> = {};
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index];
    if (key !== undefined && values[index] !== undefined) kept[key] = values[index];
  }
  return kept as Defined<T>;
}

/** undefined for what is empty. */
export function nonEmpty(text: string): string | undefined {
  return text === "" ? undefined : text;
}
