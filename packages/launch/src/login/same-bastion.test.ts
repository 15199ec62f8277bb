import type { BastionConfig } from '@fairlead/config';
import type { LaptopProfile } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { compareBastion, compareWithProfile } from './same-bastion.ts';

const profile = {
  bastion: {
    routes: [{ host: 'gate', port: 22 }],
    host: 'gate1',
    user: 'alice',
    hostKeys: ['k'],
    stateDir: '/home/alice/.local/share/fairlead',
    runDir: '/tmp/fairlead-1',
  },
} as LaptopProfile;
const known = { host: 'gate.example.org', port: 22, user: 'alice' };
const compare = (bastion: Partial<BastionConfig>, ...configured: Array<typeof known>) =>
  compareBastion({ fromLaptop: { host: 'gate', port: 22 }, ...bastion }, profile, {
    configured: configured.length > 0 ? configured : [known],
    known: [known],
  });

describe('compareBastion', () => {
  it('knows the same one again, under another name of ssh_config too', () => {
    expect(compare({})).toEqual({ kind: 'same', asWritten: false });
    expect(compare({ stateDir: '~/.local/share/fairlead' })).toEqual({ kind: 'same', asWritten: false });
    expect(compare({ fromLaptop: { host: 'gate.example.org' } })).toEqual({ kind: 'rerouted' });
    expect(compare({ fromLaptop: { host: 'gate', port: 22, proxyJump: 'jump' } })).toEqual({ kind: 'rerouted' });
  });

  it('knows it by any of its routes, in whatever order they stand', () => {
    const inside = { host: 'gate-int', port: 22, user: 'alice' };
    const fromLaptop = [{ host: 'gate-int' }, { host: 'gate', port: 22 }];
    expect(compare({ fromLaptop }, inside, known)).toEqual({ kind: 'rerouted' });
    expect(compare({ fromLaptop: [{ host: 'gate', port: 22 }] })).toEqual({ kind: 'same', asWritten: false });
    expect(compare({ fromLaptop }, inside, { ...known, port: 2222 })).toMatchObject({ kind: 'other' });
  });

  it.each([
    ['host', {}, { ...known, host: 'other' }, 'alice@other:22 instead of alice@gate.example.org:22'],
    ['port', {}, { ...known, port: 2222 }, 'alice@gate.example.org:2222 instead'],
    ['account', {}, { ...known, user: 'bob' }, 'bob@gate.example.org:22 instead'],
    ['state directory', { stateDir: '~/fl' }, known, 'bastion.stateDir ~/fl instead of /home/alice'],
  ])('tells another %s', (_, bastion, configured, words) => {
    expect(compare(bastion, configured)).toEqual({ kind: 'other', differences: [expect.stringContaining(words)] });
  });
});

describe('compareWithProfile', () => {
  const routes = [{ host: 'gate', port: 22, user: 'alice' }];
  const withUser = { bastion: { ...profile.bastion, routes } } as LaptopProfile;
  const machine = {
    env: {},
    questions: {},
    get home(): string {
      throw new Error('ssh_config is looked at');
    },
  };

  it('looks nothing up for a way that is written as it was', async () => {
    const same = { fromLaptop: routes, stateDir: '~/.local/share/fairlead' } as BastionConfig;
    expect(await compareWithProfile(same, withUser, machine)).toEqual({ kind: 'same', asWritten: true });
  });

  it.each<[string, Partial<BastionConfig>, LaptopProfile]>([
    ['without a user, whom ssh_config names', { fromLaptop: [{ host: 'gate', port: 22 }] }, profile],
    ['with another state directory', { fromLaptop: routes, stateDir: '~/fl' }, withUser],
  ])('looks up a way %s', async (_, bastion, known) => {
    await expect(compareWithProfile(bastion as BastionConfig, known, machine)).rejects.toThrow(
      'ssh_config is looked at',
    );
  });
});
