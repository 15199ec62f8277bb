// The protocol's integer version, its dated history, and how two sides agree on a version.

export const protocolVersion = 2;

/** The oldest version this code still speaks. */
export const protocolOldest = 2;

/** Append-only. A new required field, or a field that changes its meaning, is a new version. */
export const protocolHistory: ReadonlyArray<{ version: number; date: string; what: string }> = [
  {
    version: 1,
    date: '2026-11-21',
    what: 'First version: deployments, instances, endpoints, leases, orders, log tails. Never released: no program speaks it any more.',
  },
  {
    version: 2,
    date: '2026-11-30',
    what: "Plural facts: a deployment has `instances` (role, replica), an instance has `nodes` (rank, host, GPUs, state) and `endpoints`, an endpoint's `address` is a union by carrier kind. `servedModel` is the served name everywhere, `model` what was asked for.",
  },
];

export interface VersionRange {
  min: number;
  max: number;
}

export const ourVersions: VersionRange = { min: protocolOldest, max: protocolVersion };

/** The highest version both sides speak, or undefined where there is none. */
export function pickVersion(ours: VersionRange, theirs: VersionRange): number | undefined {
  const highest = Math.min(ours.max, theirs.max);
  return highest >= Math.max(ours.min, theirs.min) ? highest : undefined;
}
