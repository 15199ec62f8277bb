// Routes to the bastion as a user configures them: how a compute node reaches it, and one of a thing or a list of them.

import { z } from 'zod';

import { defaults } from './defaults.ts';
import { maxRoutes } from '@fairlead/protocol';

export const clusterRoute = z.strictObject({
  host: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Its name inside.', examples: ['gate-int'] }),
  port: z
    .int()
    .min(1)
    .max(65535)
    .optional()
    .meta({ description: 'Its port inside.', examples: [22] }),
  user: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'The account there.', examples: ['alice'] }),
  hostKeys: z
    .array(z.string())
    .min(1)
    .optional()
    .meta({
      description: 'Where the bastion shows other host keys inside than outside.',
      examples: [['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHost']],
    }),
  proxyJump: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        'A host to go through, such as the login node: `[user@]host[:port]`. The bastion is named as that host sees it.',
      examples: ['login-int'],
    }),
  jumpIdentityFile: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: `With proxyJump: a private key on the cluster, without a passphrase, that logs in there. Default ${defaults.jumpIdentityFile}.`,
      examples: ['~/.ssh/id_ed25519'],
    }),
  jumpHostKeys: z
    .array(z.string())
    .min(1)
    .optional()
    .meta({
      description:
        'With proxyJump: the keys that host may show. Default: what known_hosts on the node says (~/.ssh and /etc/ssh).',
      examples: [['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJump']],
    }),
});
export type ClusterRoute = z.infer<typeof clusterRoute>;

/** One, or a list in the order in which they are preferred. */
export function oneOrMore<Route extends z.ZodType>(route: Route) {
  return z.union([route, z.array(route).min(1).max(maxRoutes)]);
}

export function asList<Route>(oneOrMore: Route | readonly Route[]): readonly Route[] {
  return Array.isArray(oneOrMore) ? (oneOrMore as readonly Route[]) : [oneOrMore as Route];
}
