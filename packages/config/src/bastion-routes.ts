// The schema of the routes from a compute node to the bastion, and of a setting that is one route or a list of routes.

import { z } from 'zod';

import { defaults } from './defaults.ts';
import { maxRoutes } from '@fairlead/protocol';

export const clusterRoute = z.strictObject({
  host: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "The bastion's name inside the cluster.", examples: ['gate-int'] }),
  port: z
    .int()
    .min(1)
    .max(65535)
    .optional()
    .meta({ description: "The bastion's port inside the cluster.", examples: [22] }),
  user: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'The account on the bastion.', examples: ['alice'] }),
  hostKeys: z
    .array(z.string())
    .min(1)
    .optional()
    .meta({
      description: 'The host keys that the bastion shows inside, if they differ from those outside.',
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
        'With proxyJump: the host keys of that host. Default: those in known_hosts on the node (~/.ssh and /etc/ssh).',
      examples: [['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJump']],
    }),
});
export type ClusterRoute = z.infer<typeof clusterRoute>;

/** One route, or a list of routes in order of preference. */
export function oneOrMore<Route extends z.ZodType>(route: Route) {
  return z.union([route, z.array(route).min(1).max(maxRoutes)]);
}

export function asList<Route>(oneOrMore: Route | readonly Route[]): readonly Route[] {
  return Array.isArray(oneOrMore) ? (oneOrMore as readonly Route[]) : [oneOrMore as Route];
}
