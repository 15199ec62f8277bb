import { expect, test } from 'vitest';
import { escapeFilenamePattern, expandFilenamePattern } from './filename-pattern.ts';

const facts = { jobId: '42', jobName: 'fl-demo', user: 'alice', node: 'node1' };

test.each([
  ['/h/slurm-%j.out', '/h/slurm-42.out'],
  ['/h/%x-%6j-%N-%u.log', '/h/fl-demo-000042-node1-alice.log'],
  ['/h/100%%/%j', '/h/100%/42'],
  ['/h/%%j', '/h/%j'],
  ['/h/%q-%', '/h/%q-%'],
  ['/h/\\%j', '/h/%j'],
])('the pattern %s names %s', (pattern, path) => expect(expandFilenamePattern(pattern, facts)).toBe(path));

test('an escaped path names itself', () => {
  const path = '/h/50% done/%j %%x';
  expect(expandFilenamePattern(escapeFilenamePattern(path), facts)).toBe(path);
});
