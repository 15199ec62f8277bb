import { shellJoin } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import { sshLine } from './ssh-line.ts';

const to = { socket: '/run/user/1/fairlead/k3x9q2ab-3.sock', bind: '127.0.0.1', port: 18_000, home: '/home/alice' };

describe('The line of ssh for an endpoint', () => {
  it('names the bastion as ssh_config does, where the route has nothing more', () => {
    expect(shellJoin(sshLine({ ...to, route: { host: 'gate' } }))).toBe(
      'ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:18000:/run/user/1/fairlead/k3x9q2ab-3.sock gate',
    );
  });

  it('has all that the route has, and can be pasted into a shell', () => {
    const route = {
      host: 'gate.example.org',
      port: 2222,
      user: 'alice',
      identityFile: '~/.ssh/my key',
      knownHostsFile: '/etc/known_hosts',
      proxyJump: 'alice@jump:22',
    };
    expect(shellJoin(sshLine({ ...to, bind: '::1', route }))).toBe(
      "ssh -N -p 2222 -i '/home/alice/.ssh/my key' -o UserKnownHostsFile=/etc/known_hosts -J alice@jump:22 -o ExitOnForwardFailure=yes -L '[::1]:18000:/run/user/1/fairlead/k3x9q2ab-3.sock' alice@gate.example.org",
    );
  });
});
