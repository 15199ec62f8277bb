// The part of the Reflect metadata proposal that @peculiar/x509's container asks for when it is imported
// (https://rbuckton.github.io/reflect-metadata/). Only installed where there is none.

type Key = string | symbol;

const kept = new WeakMap<object, Map<Key, unknown>>();

export function installReflectMetadata(): void {
  if ('getMetadata' in Reflect) return;
  Object.assign(Reflect, {
    defineMetadata(key: Key, value: unknown, target: object) {
      const own = kept.get(target) ?? new Map<Key, unknown>();
      kept.set(target, own.set(key, value));
    },
    getOwnMetadata: (key: Key, target: object) => kept.get(target)?.get(key),
    getMetadata(key: Key, target: object) {
      for (let at: object | null = target; at !== null; at = Reflect.getPrototypeOf(at)) {
        const own = kept.get(at);
        if (own?.has(key)) return own.get(key);
      }
      return undefined;
    },
  });
}
