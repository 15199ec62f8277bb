import { tmpdir } from 'node:os';

import { expect, it } from 'vitest';

import type { SshTarget } from '../ssh-target.ts';
import { openHostKeyVerifier } from './host-key-verifier.ts';

it('A known_hosts file that cannot be read is named, with the reason and the cure', async () => {
  const folder = tmpdir();
  const target: SshTarget = {
    host: 'a',
    port: 22,
    user: 'u',
    auth: {},
    hostKeys: { kind: 'known-hosts', files: [folder] },
  };
  await expect(openHostKeyVerifier(target)).rejects.toMatchObject({
    code: 'key_unreadable',
    message: expect.stringMatching(/^cannot read the known hosts in .* because of EISDIR/) as string,
    hint: expect.stringContaining(folder) as string,
  });
});
