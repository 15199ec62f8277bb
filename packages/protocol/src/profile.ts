// The laptop's profile: what `fairlead init` learned of the bastion. A 0600 file that the CLI writes, and CLI and SDK read.

import { z } from 'zod';

import { secretLength } from './bounds.ts';
import { secretText } from './secret-text.ts';

/** How this machine reaches an SSH host. ssh_config fills in what is absent. */
export const sshRoute = z.strictObject({
  host: z
    .string()
    .min(1)
    .meta({ description: 'Name as in ssh_config, or an address.', examples: ['gate.example.org'] }),
  port: z
    .int()
    .min(1)
    .max(65535)
    .optional()
    .meta({ description: 'Default: what ssh_config says, else 22.', examples: [22] }),
  user: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Default: what ssh_config says, else the name here.', examples: ['alice'] }),
  identityFile: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'A private key. Default: those of ssh_config, the SSH agent, ~/.ssh/id_*.',
      examples: ['~/.ssh/id_ed25519'],
    }),
  proxyJump: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "A host to go through, as in OpenSSH's ProxyJump.", examples: ['alice@jump.example.org:22'] }),
  knownHostsFile: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Default: ~/.ssh/known_hosts and what ssh_config names.', examples: ['~/.ssh/known_hosts'] }),
  driver: z
    .enum(['ssh2', 'ssh'])
    .optional()
    .meta({
      description:
        "Who logs in: ssh2, Fairlead's own, with keys; or ssh, the system's own program, for Kerberos, certificates, smart cards, FIDO keys, codes and passwords. Default: ssh2, unless `ssh -G` names something for the host that only ssh can do.",
      examples: ['ssh'],
    }),
});
export type SshRoute = z.infer<typeof sshRoute>;

/** Limit of the routes: all of them are tried at the same time. */
export const maxRoutes = 8;

export const laptopProfile = z.object({
  version: z.int(),
  bastion: z.object({
    /** In the order in which they are preferred; all lead to the one bastion. */
    routes: z.array(sshRoute).min(1).max(maxRoutes),
    /** The bastion's own hostname, as its gate says. */
    host: z.string(),
    user: z.string(),
    hostKeys: z.array(z.string()).min(1),
    stateDir: z.string(),
    runDir: z.string(),
  }),
  controlCertificate: z.string(),
  ownerToken: secretText(secretLength),
});
export type LaptopProfile = z.infer<typeof laptopProfile>;
