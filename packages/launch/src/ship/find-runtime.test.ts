import { describe, expect, it } from 'vitest';

import { elfMachine } from './elf-machine.ts';
import { findRuntime, isSelfContained } from './find-runtime.ts';

const deps = { nodePath: '/laptop/node', cacheDir: '/nowhere', label: 'login', signal: new AbortController().signal };
const facts = { home: '/home/me', user: 'me', hostname: 'login1', system: 'Linux', machine: 'aarch64' };

describe('findRuntime', () => {
  it('takes the configured Node, then the one that is there', async () => {
    expect(await findRuntime({ ...facts, node: '/usr/bin/node' }, '/opt/node', deps)).toEqual({
      kind: 'there',
      path: '/opt/node',
    });
    expect(await findRuntime({ ...facts, node: '/usr/bin/node' }, undefined, deps)).toEqual({
      kind: 'there',
      path: '/usr/bin/node',
    });
  });

  it.each([
    ['an old glibc', { ...facts, glibc: '2.17' }, /glibc 2\.17; ours need/],
    ['no glibc', facts, /glibc none; ours need/],
    ['another machine', { ...facts, machine: 'ppc64le', glibc: '2.36' }, /found Linux ppc64le/],
  ])('refuses a host with %s and says what it needs', async (_, host, message) => {
    await expect(findRuntime(host, undefined, deps)).rejects.toMatchObject({
      code: 'node_missing',
      message: expect.stringMatching(message),
    });
  });
});

describe('isSelfContained', () => {
  it.each([
    [{ node_shared: false, node_shared_openssl: false }, true],
    [{ node_shared: true, node_shared_openssl: false }, false],
    [{ node_shared: false, node_shared_libuv: true }, false],
  ])('%j: %s', (variables, is) => {
    expect(isSelfContained(variables)).toBe(is);
  });
});

describe('elfMachine', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a script', Buffer.from('#!/bin/sh\nexec node "$@"\n')],
    ['a Mach-O program', Buffer.from('cffaedfe0c00000100000000020000001400000000000000', 'hex')],
  ])('knows %s as no Linux program', (_, head) => {
    expect(elfMachine(head)).toBeUndefined();
  });
});
