// What lies in the state directory: identity, owner tokens, the owner's record.

import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Secret } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ManualClock } from '@fairlead/kit/testing';
import { initIdentity, readIdentity } from './identity.ts';
import { mintOwnerToken, OwnerTokens } from './owner-tokens.ts';
import { checkOwnership, writeOwner } from './ownership.ts';
import { deriveInstanceToken, hashToken, readBearer, sameHash, sameToken } from './tokens.ts';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'fl-state-')), 'state');
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

describe('the identity', () => {
  it('is made once, also by several at once', async () => {
    const made = await Promise.all([initIdentity(directory), initIdentity(directory), initIdentity(directory)]);
    const certificates = new Set([...made, await initIdentity(directory)].map(({ certificate }) => certificate));
    expect(certificates.size).toBe(1);
    expect(readdirSync(directory)).toEqual(['identity.pem']);
  });

  it('can be read by the account alone, and stays the same', async () => {
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o755);
    const { certificate } = await initIdentity(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'identity.pem')).mode & 0o777).toBe(0o600);
    const read = new X509Certificate(certificate);
    expect(read.subjectAltName).toBe('DNS:control');
    expect(read.validToDate.getFullYear() - new Date().getFullYear()).toBeGreaterThan(20);
  });

  it('that is missing or damaged is not replaced', async () => {
    expect(() => readIdentity(directory)).toThrow(expect.objectContaining({ code: 'not_initialised' }));
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'identity.pem'), 'nonsense');
    await expect(initIdentity(directory)).rejects.toMatchObject({ code: 'not_initialised' });
    expect(readFileSync(join(directory, 'identity.pem'), 'utf8')).toBe('nonsense');
  });
});

describe('owner tokens', () => {
  it('are stored as hashes, in files for the account alone', () => {
    const token = mintOwnerToken(directory, 0);
    const [name] = readdirSync(join(directory, 'owners'));
    expect(name).toBe(hashToken(token));
    const file = join(directory, 'owners', name!);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain(token.reveal());
  });

  it('are known as soon as they are minted and forgotten within 5 s', () => {
    const clock = new ManualClock();
    mkdirSync(directory, { recursive: true });
    const owners = new OwnerTokens(directory, clock);
    expect(owners.check(new Secret('flo_x'))).toBeUndefined();
    const token = mintOwnerToken(directory, 0);
    const hash = owners.check(token);
    expect(hash).toBe(hashToken(token));
    rmSync(join(directory, 'owners', hash!));
    clock.jump(5000);
    expect(owners.isValid(hash!)).toBe(false);
  });
});

describe('owner tokens while the home cannot be read', () => {
  it('stay valid if they were known; unknown ones get no answer, and a revoked token stays revoked', () => {
    const clock = new ManualClock();
    const owners = new OwnerTokens(directory, clock);
    const [known, revoked, unseen] = [1, 2, 3].map((now) => mintOwnerToken(directory, now));
    const hash = owners.check(known!);
    expect(owners.check(revoked!)).toBeDefined();
    rmSync(join(directory, 'owners', hashToken(revoked!)));
    clock.jump(5000);
    expect(owners.check(revoked!)).toBeUndefined();
    // As a home does whose server is away; without a mount point to stand for it, for every user.
    renameSync(directory, `${directory}.away`);
    clock.jump(5000);
    expect(owners.check(known!)).toBe(hash);
    expect(owners.isValid(hash!)).toBe(true);
    for (const token of [revoked!, unseen!])
      expect(() => owners.check(token)).toThrow(expect.objectContaining({ code: 'tokens_unreadable' }));
    renameSync(`${directory}.away`, directory);
    expect(owners.check(unseen!)).toBeDefined();
    expect(owners.check(revoked!)).toBeUndefined();
  });
});

describe('the owner’s record', () => {
  it('lets its own host in, whatever the boot, and refuses another', () => {
    mkdirSync(directory, { recursive: true });
    checkOwnership(directory, 'b1');
    writeOwner(directory, { host: 'b1', bootId: 'x', pid: 1 });
    checkOwnership(directory, 'b1');
    expect(() => checkOwnership(directory, 'b2')).toThrow(
      expect.objectContaining({ code: 'foreign_owner', hint: expect.stringMatching(/--take-ownership/) }),
    );
  });
});

describe('tokens', () => {
  const secret = Buffer.alloc(32, 1);
  const owner = { instanceId: 'i', jobId: '1', restart: 0, processId: 'p' };

  it('of an instance are bound to all that they are made of', () => {
    const others = [
      { ...owner, instanceId: 'j' },
      { ...owner, jobId: '2' },
      { ...owner, restart: 1 },
      { ...owner, processId: 'q' },
    ];
    const made = [owner, ...others].map((of) => deriveInstanceToken(secret, of));
    expect(new Set(made.map((token) => token.reveal())).size).toBe(5);
    expect(deriveInstanceToken(Buffer.alloc(32, 2), owner).reveal()).not.toBe(made[0]!.reveal());
    expect(sameToken(made[0]!, deriveInstanceToken(secret, owner))).toBe(true);
  });

  it('are compared whole', () => {
    expect(sameHash(hashToken(new Secret('a')), hashToken(new Secret('a')))).toBe(true);
    expect(sameHash(hashToken(new Secret('a')), hashToken(new Secret('b')))).toBe(false);
    expect(sameHash(hashToken(new Secret('a')), '')).toBe(false);
  });

  it.each([
    ['Bearer flo_abcdefgh', 'flo_abcdefgh'],
    ['bearer  flo_abcdefgh', 'flo_abcdefgh'],
    ['Basic flo_abcdefgh', undefined],
    ['Bearer short', undefined],
    [`Bearer ${'x'.repeat(513)}`, undefined],
    [undefined, undefined],
  ])('are read from %s', (header, token) => {
    expect(readBearer(header)?.reveal()).toBe(token);
  });
});
