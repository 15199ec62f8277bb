// Which models compete for the same instances: a deployment may be asked for by several names, and a name may mean several deployments. Pure.

import type { ModelTable } from './offer.ts';

/** For each id of the table the name of its pool: the first, by the alphabet, of the deployments that are joined by a model. */
export function poolsOf(models: ModelTable): Map<string, string> {
  const parents = new Map<string, string>();
  const rootOf = (name: string): string => {
    const parent = parents.get(name) ?? name;
    return parent === name ? name : rootOf(parent);
  };
  for (const { deployments } of models.values()) {
    const roots = deployments.map(rootOf).toSorted((a, b) => (a < b ? -1 : 1));
    for (const root of roots) parents.set(root, roots[0]!);
  }
  return new Map([...models.values()].map(({ id, deployments }) => [id, rootOf(deployments[0] ?? id)]));
}
