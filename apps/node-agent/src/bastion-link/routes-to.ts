// The spec's routes to the bastion as the tunnel takes them, jump hosts of the cluster included.

import type { BastionRoute, InstanceSpec } from '@fairlead/protocol';
import { jumpTarget, listJobKeyFiles, type NamedRoute, routeName, type SshTarget } from '@fairlead/ssh';

/** `targetOf`: the bastion itself, as it would be reached without a jump host. */
export function routesTo(
  spec: InstanceSpec,
  targetOf: (route: BastionRoute, spec: InstanceSpec) => SshTarget,
): readonly NamedRoute[] {
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
