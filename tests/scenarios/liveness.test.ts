// A healthy agent stays alive for control, whichever logs are read from it: real control, agent, SSH and commands, some of them suspended.

import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { openWorld, parseJsonLines, type RunningCli, type World } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { restartWithShortLease } from './short-lease.ts';

const timeoutMs = 120_000;
/** Each answer lasts more than three leases. */
const tokens = 14;
const slow = { model: 'fairlead/demo', engine: 'sim' as const, gpus: 0, args: ['--sim-decode-ms', '500'] };

let world: World;
beforeAll(async () => {
  world = await openWorld({ config: (config) => ({ ...config, presets: { slow } }) });
  expect((await world.json('init', '--yes')).code).toBe(0);
  await restartWithShortLease(world);
  expect((await world.json('deploy', 'slow', '--name', 'a')).last).toMatchObject({ ok: true });
}, timeoutMs);
afterAll(() => world?.[Symbol.asyncDispose](), timeoutMs);

/** A large engine log. */
async function growLog(lines: number): Promise<void> {
  const jobs = join(world.dir, 'cluster', 'jobs');
  const [job = ''] = await readdir(jobs);
  await appendFile(
    join(jobs, job, 'engine.log'),
    `${'(APIServer pid=1) INFO 11-29 '.padEnd(160, 'x')}\n`.repeat(lines),
  );
}

const answer = () =>
  world.start(['chat', 'a', 'Count', '--max-tokens', String(tokens), '--temperature', '0', '--json']);

async function isWhole(running: RunningCli): Promise<void> {
  const { stdout, stderr } = await running.ended;
  const last = parseJsonLines(stdout).at(-1);
  expect({ last, stderr }).toMatchObject({ last: { ok: true, usage: { completion_tokens: tokens } }, stderr: '' });
}

async function kindsOfEvents(): Promise<unknown[]> {
  const { lines } = await world.json('events', 'a');
  return lines.map(({ kind }) => kind).filter((kind) => kind !== undefined);
}

describe('A suspended reader', () => {
  it(
    'of logs, events and states takes no lease from an agent in three lease times, and none while it drains',
    async () => {
      await growLog(120_000);
      const readers = [
        world.start(['logs', 'a', '--source', 'engine', '--lines', '100000']),
        world.start(['logs', 'a', '--source', 'engine', '--lines', '100000', '--follow']),
        world.start(['events', 'a', '--follow', '--lines', '1']),
        world.start(['connect', 'a']),
      ];
      await Promise.all(readers.map((reader) => reader.line(() => true)));
      for (const reader of readers) reader.signal('SIGSTOP');

      await isWhole(answer());
      expect(await kindsOfEvents()).not.toContain('agent.lost');

      const last = answer();
      await last.line((line) => line.includes('"chunk"'));
      await growLog(20_000);
      const stopped = world.json('stop', 'a');
      await isWhole(last);
      expect((await stopped).code).toBe(0);
      const kinds = await kindsOfEvents();
      expect(kinds).not.toContain('agent.lost');
      expect(kinds.at(-1)).toBe('instance.stopped');
    },
    timeoutMs,
  );
});
