// Compares versions of vLLM by their numbers. Pure.

/** Undefined for a version without such numbers, and for a build from a checkout without tags, which calls itself 0.1.dev…. */
export function versionNumbers(version: string): [number, number, number] | undefined {
  const found = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  if (!found || /^v?0\.[01]\.dev/.test(version)) return undefined;
  const [, major, minor, patch = '0'] = found;
  return [Number(major), Number(minor), Number(patch)];
}

/** Negative if `a` is older, 0 if both are the same release. Undefined if one of them tells nothing. */
export function compareVersions(a: string, b: string): number | undefined {
  const [left, right] = [versionNumbers(a), versionNumbers(b)];
  if (!left || !right) return undefined;
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}
