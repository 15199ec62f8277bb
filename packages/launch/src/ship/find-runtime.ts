// Which Node runs our programs on a host: a configured one, one found there, or a binary of ours to be uploaded.

import { CodedError } from '@fairlead/kit';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { HostFacts } from '../host/host.ts';
import { type FetchDeps, fetchRuntime, type RuntimeArch } from './fetch-runtime.ts';

/** Node's official Linux builds need this glibc (https://github.com/nodejs/node/blob/main/BUILDING.md). */
const glibcMinimum = 28;

export type Runtime =
  | { kind: 'there'; path: string }
  | { kind: 'upload'; file: string; version: string; arch: RuntimeArch };

export interface RuntimeDeps extends FetchDeps {
  /** The Node that runs us. */
  nodePath: string;
  label: string;
}

export async function findRuntime(
  facts: HostFacts,
  configured: string | undefined,
  deps: RuntimeDeps,
): Promise<Runtime> {
  if (configured) return { kind: 'there', path: configured };
  if (facts.node) return { kind: 'there', path: facts.node };
  const arch = uploadableArch(facts, deps.label);
  if (process.platform === 'linux' && process.arch === arch && ownNodeTravels())
    return { kind: 'upload', file: deps.nodePath, version: process.versions.node, arch };
  return { kind: 'upload', arch, ...(await fetchRuntime(arch, process.versions.node, deps)) };
}

/** A distribution's Node may need libraries beside it, or another libc than the host's. */
function ownNodeTravels(): boolean {
  // Without it the report asks the name servers who is at the other end of each connection.
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined && isSelfContained(process.config.variables);
}

/** What `./configure --shared…` set: a Node that loads its parts from libraries of the system. */
export function isSelfContained(variables: object): boolean {
  return !Object.entries(variables).some(([name, value]) => name.startsWith('node_shared') && value === true);
}

function uploadableArch(facts: HostFacts, label: string): RuntimeArch {
  const arch = ({ x86_64: 'x64', aarch64: 'arm64', arm64: 'arm64' } as const)[facts.machine as 'x86_64'];
  const minor = Number(facts.glibc?.split('.')[1]);
  if (facts.system === 'Linux' && arch && facts.glibc?.startsWith('2.') && minor >= glibcMinimum) return arch;
  throw new CodedError<LaunchErrorCode>(
    'node_missing',
    `cannot run on ${label} because it has no Node >= 22.18 and none of ours fits it: found ${facts.system} ${facts.machine}, glibc ${facts.glibc ?? 'none'}; ours need Linux x86_64 or aarch64 and glibc 2.${glibcMinimum}`,
    {
      hint: 'Install a Node there (a module, conda, nvm) and name its path in the configuration: clusters.<name>.node or bastion.node.',
    },
  );
}
