import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { runCommand } from '../../testing/run-command.ts';

it('A line is not used up where its key cannot be kept', async () => {
  const home = mkdtempSync(join(tmpdir(), 'fl-join-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  // Nothing can be written there, and nothing is there: as on a disk that is full, for root too.
  symlinkSync('/proc/nothing/here', join(home, 'gateways'));
  let asked = 0;
  const gateway = createServer((_request, response) => {
    asked += 1;
    response.writeHead(500).end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void gateway.close());
  await once(gateway, 'listening');
  const { port } = gateway.address() as { port: number };
  const env = { HOME: home, FAIRLEAD_PROFILE: join(home, 'profile.json') };
  const line = `flj_abc@http://127.0.0.1:${port}`;
  const { code, stderr } = await runCommand(['join', line], { env, cwd: home, signal: new AbortController().signal });
  expect(stderr).toContain('your key cannot be kept in');
  expect([code, asked]).toEqual([2, 0]);
});
