// The errors of a client whose server forbids forwarding.

import { join } from 'node:path';
import { Secret } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';
import { openSsh } from './connection/open-ssh.ts';
import { createEd25519KeyPair } from './ed25519-key.ts';
import { hasSshd, openTestSshd } from './testing.ts';

describe.skipIf(!(await hasSshd()))('where sshd forbids socket forwarding', () => {
  it.each([['AllowStreamLocalForwarding no'], ['AllowStreamLocalForwarding local'], ['DisableForwarding yes']])(
    '%s: listening is refused by the name of the setting',
    async (setting) => {
      await using server = await openTestSshd({ extraConfig: [setting] });
      await using connection = await openSsh(server.target);
      await expect(connection.listen(join(server.dir, 's'), (stream) => stream.destroy())).rejects.toMatchObject({
        code: 'forward_forbidden',
        hint: expect.stringMatching(/AllowStreamLocalForwarding.*DisableForwarding.*port-forwarding/s) as string,
      });
    },
  );

  it('a refusal after many others on one connection names the setting, too', async () => {
    await using server = await openTestSshd({ extraConfig: ['AllowStreamLocalForwarding no'] });
    await using connection = await openSsh(server.target);
    const listen = () => connection.listen(join(server.dir, 's'), (stream) => stream.destroy());
    await Promise.allSettled(Array.from({ length: 60 }, listen));
    await expect(listen()).rejects.toMatchObject({ code: 'forward_forbidden' });
  });

  it('a key without port-forwarding is refused the same way', async () => {
    const pair = createEd25519KeyPair();
    await using server = await openTestSshd({ authorizedKeys: [`restrict ${pair.publicKey}`] });
    await using connection = await openSsh({ ...server.target, auth: { privateKey: new Secret(pair.privateKey) } });
    const listening = connection.listen(join(server.dir, 's'), (stream) => stream.destroy());
    await expect(listening).rejects.toMatchObject({ code: 'forward_forbidden' });
  });

  it('a missing directory is not reported as forbidden', async () => {
    await using server = await openTestSshd();
    await using connection = await openSsh(server.target);
    const listening = connection.listen(join(server.dir, 'no', 's'), (stream) => stream.destroy());
    await expect(listening).rejects.toMatchObject({ code: 'socket_exists' });
  });

  it.each([['AllowStreamLocalForwarding remote'], ['DisableForwarding yes']])(
    '%s: dialling is refused with the setting in the hint',
    async (setting) => {
      await using server = await openTestSshd({ extraConfig: [setting] });
      await using connection = await openSsh(server.target);
      await expect(connection.dial(join(server.dir, 's'))).rejects.toMatchObject({
        code: expect.stringMatching(/^(dial_refused|forward_forbidden)$/) as string,
        hint: expect.stringMatching(/AllowStreamLocalForwarding.*DisableForwarding/s) as string,
      });
    },
  );
});
