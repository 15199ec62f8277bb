// What to do where the versions of CLI, control and agents differ. Pure.

import { pickVersion, type VersionRange } from '@fairlead/protocol';

export interface ControlVersion {
  version: string;
  protocol: VersionRange;
}

export interface AgentVersion {
  deployment: string;
  /** Absent where control does not know. */
  version?: string | undefined;
  protocol?: number | undefined;
}

export function versionAdvice(cli: ControlVersion, control: ControlVersion, agents: readonly AgentVersion[]): string[] {
  const order = compareVersions(control.version, cli.version);
  const advice: string[] = [];
  if (pickVersion(cli.protocol, control.protocol) === undefined)
    advice.push(
      'This CLI and control share no protocol version: nothing else will work until the older one is replaced.',
    );
  if (order < 0)
    advice.push(`Control is older (${control.version}): \`fairlead upgrade\` puts ${cli.version} in its place.`);
  if (order > 0)
    advice.push(`This CLI is older than control (${control.version}): upgrade it with the tool that installed it.`);
  const newest = order > 0 ? control.version : cli.version;
  const older = agents.filter(({ version }) => version !== undefined && compareVersions(version, newest) < 0);
  if (older.length > 0)
    advice.push(
      `Older agents go on as they are (${older.map(({ deployment }) => deployment).join(', ')}); a deployment gets the newer one when it is deployed anew.`,
    );
  return advice;
}

/** By their numbers; what follows a dash is no reason to change anything. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function numbersOf(version: string): number[] {
  return (version.split(/[-+]/)[0] ?? '').split('.').map((part) => Number.parseInt(part, 10) || 0);
}
