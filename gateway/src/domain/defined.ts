/** Building objects whose optional keys are absent, never undefined. */

/** The same object type with what may be undefined made optional. */
export type Defined<T> = { readonly [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  readonly [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};

/** The object without the keys whose value is undefined. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Defined<T>;
}

/** undefined for what is empty. */
export function nonEmpty(text: string): string | undefined {
  return text === "" ? undefined : text;
}
