import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accountingInstallLine, findMissing, installLine } from './requirements.ts';

test('findMissing says that the testbed needs Linux', () => {
  expect(findMissing({ platform: 'darwin', uid: 0, directories: [] })).toEqual([
    expect.stringContaining('this is darwin'),
  ]);
});

test('findMissing asks for root and gives the one line that installs the programs', () => {
  const empty = mkdtempSync(join(tmpdir(), 'fairlead-'));
  const missing = findMissing({ platform: 'linux', uid: 1000, directories: [empty] });
  rmSync(empty, { recursive: true });
  expect(missing).toEqual([expect.stringContaining('needs root'), expect.stringContaining(installLine)]);
  expect(missing[1]).toContain('slurmctld, slurmd');
  expect(missing[1]).toContain('policy-rc.d');
});

test('findMissing asks for a database only with accounting', () => {
  const machine = { platform: 'linux', uid: 0, directories: [] };
  expect(findMissing(machine, { accounting: true }).join('\n')).toContain(accountingInstallLine);
  expect(findMissing(machine).join('\n')).not.toContain('mariadb');
});
