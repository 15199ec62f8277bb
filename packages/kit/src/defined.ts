// Optional properties, for an object that must not hold a property whose value is undefined (exactOptionalPropertyTypes).

export type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** The properties whose value is not undefined: `{ name, ...defined({ hint, cause }) }`. */
export function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
