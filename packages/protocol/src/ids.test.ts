import { describe, expect, it } from 'vitest';

import { deploymentName, firstGeneration, parseSocketName, socketName } from './ids.ts';
import { ourVersions, pickVersion } from './version.ts';

describe('The name of a socket', () => {
  it.each([
    ['k3x9q2ab', 1, 'data', 'k3x9q2ab-1.sock'],
    ['k3x9q2ab', 99_999_999, 'control', 'k3x9q2ab-99999999.ctl'],
  ] as const)('of %s generation %i (%s) is %s, and is read back', (instanceId, generation, kind, name) => {
    expect(socketName(instanceId, generation, kind)).toBe(name);
    expect(name.length).toBeLessThanOrEqual(24);
    expect(parseSocketName(name)).toEqual({ instanceId, generation, kind });
  });

  it.each([
    'control.sock',
    '../k3x9q2ab-1.sock',
    'k3x9q2ab-0.sock',
    'k3x9q2ab-01.sock',
    'k3x9q2ab-1.sock.bak',
    'K3x9q2ab-1.sock',
    'k3x9q2ab-999999999.sock',
  ])('is not %s', (name) => {
    expect(parseSocketName(name)).toBeUndefined();
  });
});

describe('Generations', () => {
  it('of a restarted job lie above those of its former life', () => {
    expect(firstGeneration(1)).toBeGreaterThan(firstGeneration(0) + 1_000);
    expect(socketName('k3x9q2ab', firstGeneration(9_999), 'control').length).toBeLessThanOrEqual(24);
  });
});

describe('A deployment name', () => {
  it.each(['a', 'llama-3-1-8b', 'x'.repeat(40)])('may be %s', (name) =>
    expect(deploymentName.safeParse(name).success).toBe(true),
  );
  it.each(['', 'A', '1a', 'a-', 'a/b', '..', 'a b', 'x'.repeat(41), 'a\n'])('may not be %j', (name) =>
    expect(deploymentName.safeParse(name).success).toBe(false),
  );
});

describe('Two ranges of versions', () => {
  it.each([
    [{ min: 1, max: 3 }, { min: 2, max: 5 }, 3],
    [{ min: 1, max: 1 }, { min: 2, max: 2 }, undefined],
    [{ min: 4, max: 6 }, { min: 1, max: 4 }, 4],
  ])('%o and %o meet at %s', (ours, theirs, met) => {
    expect(pickVersion(ours, theirs)).toBe(met);
    expect(pickVersion(theirs, ours)).toBe(met);
  });
  it('meet when they are ours twice', () => expect(pickVersion(ourVersions, ourVersions)).toBe(ourVersions.max));
});
