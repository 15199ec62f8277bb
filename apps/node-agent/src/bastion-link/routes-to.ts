// The spec's routes to the bastion as the tunnel takes them, jump hosts of the cluster included.

import type { BastionRoute } from '@fairlead/protocol';
import { listJobKeyFiles, type Route, routeName, type SshTarget } from '@fairlead/tunnel';
import type { AgentSpec } from '../job/read-spec.ts';

/** `targetOf`: the bastion itself, as it would be reached without a jump host. */
export function routesTo(
  spec: AgentSpec,
  targetOf: (route: BastionRoute, spec: AgentSpec) => SshTarget,
): readonly Route[] {
  return spec.bastion.routes.map((route) => {
    const { jump } = route;
    const target = targetOf(route, spec);
    return {
      name: routeName({ ...route, jump: jump && routeName(jump) }),
      target: async () => ({
        ...target,
        // Looked up at each try: they may have been replaced.
        auth: { identityFiles: await listJobKeyFiles(spec.jobKeyDir) },
        ...(jump && { jump: jumpTarget(jump, target) }),
      }),
    };
  });
}

/** The user's own way in: a key of the account on the cluster. */
function jumpTarget(
  jump: NonNullable<BastionRoute['jump']>,
  { connectTimeoutMs, answerTimeoutMs }: SshTarget,
): SshTarget {
  return {
    host: jump.host,
    port: jump.port,
    user: jump.user,
    hostKeys: jump.hostKeys
      ? { kind: 'pinned', keys: jump.hostKeys }
      : { kind: 'known-hosts', files: jump.knownHostsFiles },
    auth: { identityFiles: [jump.identityFile] },
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    ...(answerTimeoutMs === undefined ? {} : { answerTimeoutMs }),
  };
}
