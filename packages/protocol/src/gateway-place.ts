// A gateway that a machine has joined: a 0600 file that the CLI writes, and CLI and SDK read.

import { z } from 'zod';

import { boundedText, nameLength, secretLength, timeMs } from './bounds.ts';
import { sshRoute } from './profile.ts';
import { secretText } from './secret-text.ts';

export const gatewayPlace = z.object({
  version: z.literal(1),
  /** Without a slash, and without `/v1`, at its end. */
  url: z.string().min(1).max(2048),
  apiKey: secretText(secretLength, 1),
  keyId: boundedText(nameLength),
  member: boundedText(nameLength),
  team: boundedText(nameLength).optional(),
  joinedMs: timeMs,
  /** The SSH host from which the URL is reached; absent: this machine. */
  ssh: sshRoute.optional(),
});
export type GatewayPlace = z.infer<typeof gatewayPlace>;
