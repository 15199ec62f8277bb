// The laptop's profile: what `fairlead init` learned of the bastion. A 0600 file that the CLI writes, and CLI and SDK read.

import { z } from 'zod';

/** How this machine reaches an SSH host. ssh_config fills in what is absent. */
export const sshRoute = z.strictObject({
  host: z.string().min(1).describe('Name as in ssh_config, or an address.'),
  port: z.int().min(1).max(65535).optional(),
  user: z.string().min(1).optional(),
  identityFile: z.string().min(1).optional(),
  proxyJump: z.string().min(1).optional(),
  knownHostsFile: z.string().min(1).optional(),
});
export type SshRoute = z.infer<typeof sshRoute>;

export const laptopProfile = z.object({
  version: z.int(),
  bastion: z.object({
    route: sshRoute,
    /** The bastion's own hostname, as its gate says. */
    host: z.string(),
    user: z.string(),
    hostKeys: z.array(z.string()).min(1),
    stateDir: z.string(),
    runDir: z.string(),
  }),
  controlCertificate: z.string(),
  /** A secret. */
  ownerToken: z.string(),
});
export type LaptopProfile = z.infer<typeof laptopProfile>;
