import { describe, expect, test } from 'vitest';
import { findHost, linkName, planHosts, profiles } from './plan.ts';

describe('planHosts', () => {
  test('gives every interface its own address on its network', () => {
    for (const profile of profiles) {
      const interfaces = planHosts(profile, 16).hosts.flatMap((host) => host.interfaces);
      expect(new Set(interfaces.map((each) => each.address)).size).toBe(interfaces.length);
      expect(
        interfaces.filter((each) => each.network === 'int').every((each) => each.address.startsWith('10.77.0.')),
      ).toBe(true);
    }
  });

  test('has a separate bastion, or a bastion that is the login host and has another name inside', () => {
    expect(planHosts('separate', 1).bastion.name).toBe('bastion');
    const { bastion, hosts } = planHosts('login-is-bastion', 1);
    expect(bastion.interfaces.flatMap((each) => each.names)).toEqual(['login', 'logins', 'login-int', 'logins-int']);
    expect(hosts.map((host) => host.name)).toEqual(['laptop', 'login', 'ctl', 'node1']);
  });

  test('has several login hosts behind one name', () => {
    const logins = planHosts('separate', 1, { logins: 2 }).hosts.filter((host) => host.role === 'login');
    expect(logins.map((host) => host.name)).toEqual(['login', 'login2']);
    expect(logins.every((host) => host.interfaces[0]!.names.includes('logins'))).toBe(true);
    expect(() => planHosts('separate', 1, { logins: 5 })).toThrow(/1 to 4/);
  });

  test.each([0, 65, 1.5, Number.NaN])('refuses %s nodes', (nodes) => {
    expect(() => planHosts('separate', nodes)).toThrow(/1 to 64/);
  });

  test('gives links names that the kernel accepts', () => {
    for (const host of planHosts('separate', 64).hosts) {
      for (const index of host.interfaces.keys()) expect(linkName(host, index).length).toBeLessThanOrEqual(15);
    }
  });

  test('says which hosts there are when one is unknown', () => {
    expect(() => findHost(planHosts('login-is-bastion', 1), 'bastion')).toThrow(
      expect.objectContaining({ code: 'unknown_host', hint: 'The hosts are laptop, login, ctl, node1.' }),
    );
  });
});
