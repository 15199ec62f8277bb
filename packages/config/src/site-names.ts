// What the setting `site` may be: the name of a built-in profile, or a path. Pure.

import { builtInSites } from '@fairlead/planner';

export const siteNames: readonly string[] = builtInSites.map(({ name }) => name);

export function isBuiltInSite(text: string): boolean {
  return siteNames.includes(text);
}

/** A relative path would depend on the folder in which a command runs. */
export function isSitePath(text: string): boolean {
  return text.startsWith('/') || text.startsWith('~/') || /^[A-Za-z]:[\\/]/.test(text);
}
