// The system's ssh as a driver: everything that a connection does, over a real sshd.

import { it } from 'vitest';

import { describeLocalSshServer } from '../local-server/local-ssh-server.contract.ts';
import { hasSshd } from '../testing.ts';
import { runSsh } from './run-ssh.ts';

export const hasSsh = await runSsh(['-V'], process.env).then(
  ({ code }) => code === 0,
  () => false,
);

if (hasSsh && (await hasSshd())) describeLocalSshServer('sshd', 'ssh');
else it.skip('this machine has no OpenSSH', () => undefined);
