import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Scope } from '@fairlead/kit';
import { expect, it } from 'vitest';
import { openAgentLog } from './open-agent-log.ts';

it('the log of the agent ends nothing when it cannot be opened, and is opened when it can be', async () => {
  await using scope = new Scope();
  const parent = await mkdtemp('/tmp/fa-alog-');
  scope.defer(() => rm(parent, { recursive: true }));
  const path = join(parent, 'job', 'agent.log');
  const { log, flush } = openAgentLog(path, 'info');
  log.info({ op: 'early' }, 'lost');
  flush();
  await mkdir(join(parent, 'job'));
  const written = async () => {
    log.info({ op: 'later' }, 'kept');
    return existsSync(path) ? readFile(path, 'utf8') : '';
  };
  await expect.poll(written, { timeout: 10_000 }).toContain('"msg":"kept"');
  flush();
});
