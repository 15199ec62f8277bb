import { hostname, networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { facingAddresses, interfaceOf, leaderAddresses } from './node-addresses.ts';

const [own] = Object.entries(networkInterfaces()).flatMap(([name, all = []]) =>
  all.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => ({ name, address })),
);

describe('the addresses of nodes', () => {
  it('are those that the node list names', async () => {
    expect(await leaderAddresses('127.0.0.7', undefined)).toEqual(['127.0.0.7']);
    expect(await leaderAddresses('127.0.0.7', '127.0.0.8')).toEqual(['127.0.0.7', '127.0.0.8']);
    expect(await facingAddresses({ hosts: ['127.0.0.1', '127.0.0.2'] })).toEqual(['127.0.0.1']);
  });

  it('are no loopback addresses that a name leads to, and none of a name that leads nowhere', async () => {
    expect(await leaderAddresses('localhost', undefined)).toEqual([]);
    expect(await leaderAddresses('no-such-host.invalid', '10.0.0.1')).toEqual(['10.0.0.1']);
    expect(await facingAddresses({ hosts: [hostname(), 'no-such-host.invalid'] })).not.toContain('127.0.1.1');
  });

  it.skipIf(!own)('of the leader are its own on the way to the others, and where srun started', async () => {
    const { name, address } = own!;
    expect(await facingAddresses({ hosts: ['node1', address] })).toEqual([address]);
    expect(await facingAddresses({ hosts: ['nowhere.invalid', 'other.invalid'], launchAddress: address })).toEqual([
      address,
    ]);
    expect(await facingAddresses({ hosts: ['a.invalid', 'b.invalid'], launchAddress: '203.0.113.9' })).toEqual([]);
    expect(interfaceOf(address)).toBe(name);
    expect(interfaceOf('203.0.113.9')).toBeUndefined();
  });
});
