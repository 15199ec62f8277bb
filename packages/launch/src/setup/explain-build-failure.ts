// From the last words of an installer to what a person should do. Pure.

import { CodedError } from '@fairlead/kit';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { SetupPlan } from './plan-setup.ts';

interface Known {
  pattern: RegExp;
  code: LaunchErrorCode;
  why: (plan: SetupPlan, host: string) => string;
  hint: string;
}

const again = 'Then run `fairlead setup` again: it goes on where it stopped.';

/** In this order: an installer without internet says afterwards that it found no version. */
const known: readonly Known[] = [
  {
    pattern: /Disk quota exceeded|No space left on device|os error (122|28)\b/i,
    code: 'disk_full',
    why: ({ directory }) => `disk or quota of ${directory} is full`,
    hint: `Make room, or name another directory: --dir. ${again}`,
  },
  {
    pattern:
      /name resolution|Name or service not known|Network is unreachable|Connection refused|ConnectTimeout|timed out|dns error|Failed to fetch|error sending request|NewConnectionError|no such host|tls handshake/i,
    code: 'hub_unreachable',
    why: ({ what }, host) => `${host} does not reach the server that has ${what}`,
    hint: `If it has no internet, name a host that has it and sees the same file system as \`transfer\` of the cluster; a proxy or a mirror is set in \`env\` (https_proxy, PIP_INDEX_URL, UV_DEFAULT_INDEX). ${again}`,
  },
  {
    pattern:
      /No matching distribution found|no version of|No solution found|manifest unknown|requires a different Python/i,
    code: 'setup_failed',
    why: ({ what }) => `the package index has no ${what} for this Python and machine`,
    hint: 'Choose another version: --engine-version. The lines above it say which there are.',
  },
  {
    pattern: /noexec|Permission denied/i,
    code: 'remote_unfit',
    why: ({ directory }) => `files in ${directory} cannot be written or run`,
    hint: `Name a directory of your own that is not mounted noexec: --dir. ${again}`,
  },
];

export function explainBuildFailure(
  plan: SetupPlan,
  host: string,
  lines: readonly string[],
): CodedError<LaunchErrorCode> {
  const text = lines.join('\n');
  const found = known.find(({ pattern }) => pattern.test(text));
  const said = lines.slice(-6).join('\n  ').slice(-900);
  const why = found ? found.why(plan, host) : `${plan.program} failed`;
  return new CodedError(
    found?.code ?? 'setup_failed',
    `cannot install ${plan.what} on ${host} because ${why}:\n  ${said}`,
    {
      hint: found?.hint ?? again,
    },
  );
}
