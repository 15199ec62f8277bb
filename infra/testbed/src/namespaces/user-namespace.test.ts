import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { userNamespaceArgv } from './user-namespace.ts';

const program = ['node', 'main.ts'];

test('userNamespaceArgv gives no argv for root, for help, and for a testbed that is not up', () => {
  const base = mkdtempSync(`${tmpdir()}/fairlead-`);
  const argvOf = (uid: number, ...own: string[]) => userNamespaceArgv({ uid, base, program, own, args: own });
  expect(argvOf(0, 'up')).toBeUndefined();
  expect(argvOf(1000, '--help')).toBeUndefined();
  expect(argvOf(1000, 'status')).toBeUndefined();
  expect(argvOf(1000, 'exec', 'laptop', '--name', 'other')).toBeUndefined();
  rmSync(base, { recursive: true });
});
