// The command as a process of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it, onTestFinished } from 'vitest';

import { operatorSocket } from './operator/operator-server.ts';

/** As built for this run of the tests (scripts/build-for-tests.ts), else from its source: right, and slower. */
const { FAIRLEAD_BUILT } = process.env;
const program =
  FAIRLEAD_BUILT === undefined
    ? ['--conditions=fairlead-source', fileURLToPath(new URL('main.ts', import.meta.url))]
    : [join(FAIRLEAD_BUILT, 'dist/bundles/gateway.mjs')];

it('A gateway that is being opened ends when it is told to, whatever it waits for', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'fl-main-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true }));
  // The process whose place it is to take never answers.
  const silent = createServer().listen(operatorSocket(stateDir));
  onTestFinished(() => void silent.close());
  const asked = once(silent, 'connection');
  const words = ['serve', '--state', stateDir, '--port', '0', '--no-own', '--take-over'];
  const gateway = spawn(process.execPath, [...program, ...words], { stdio: 'ignore' });
  const ended = once(gateway, 'exit');
  await asked;
  gateway.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
