import { expect, it } from 'vitest';
import { hasSshd } from '../testing.ts';
import { describeLocalSshServer } from './local-ssh-server.contract.ts';
import { findSshd, openUserSshd } from './user-sshd.ts';

if (await hasSshd()) describeLocalSshServer('sshd');
else it.skip('sshd: this machine has none', () => undefined);

it('findSshd finds no sshd at a path that does not exist', async () => {
  expect(await findSshd(['/nonexistent/sshd'])).toBeUndefined();
});

it('openUserSshd says what to install where there is no sshd', async () => {
  const opening = openUserSshd({ dir: '/tmp', sshdPath: '' });
  await expect(opening).rejects.toMatchObject({ code: 'sshd_failed' });
});
