import { describe, expect, test } from 'vitest';
import { cutRules, nodeRules, routerRules } from './firewall.ts';
import { planHosts } from '../plan.ts';

const separate = planHosts('separate', 2);
const joint = planHosts('login-is-bastion', 2);

describe('routerRules', () => {
  test('let SSH in to bastion and login, and nodes out only to the bastion', () => {
    const accepted = routerRules(separate)
      .split('\n')
      .filter((line) => line.includes('dport'));
    expect(accepted.map((line) => line.trim())).toEqual([
      'iifname "br-wan" ip daddr { 198.51.100.10, 198.51.100.20 } tcp dport 22 ct state new counter accept',
      'iifname "br-int" ip saddr { 10.77.0.11, 10.77.0.12 } ip daddr 198.51.100.10 tcp dport 22 ct state new counter accept',
    ]);
  });

  test('let no node out where the bastion is inside', () => {
    expect(routerRules(joint)).not.toContain('10.77.0.');
    expect(nodeRules(joint)).not.toContain('198.51.100');
  });
});

describe('cutRules', () => {
  test('drop all packets of a host, from each of its addresses', () => {
    const login = separate.hosts.find((host) => host.name === 'login')!;
    expect(cutRules([login])).toContain('ip saddr { 198.51.100.20, 10.77.0.3 } counter drop');
  });

  test('for no host only remove the former rules', () => {
    expect(cutRules([])).toBe('table inet cut\ndelete table inet cut\n');
  });
});
