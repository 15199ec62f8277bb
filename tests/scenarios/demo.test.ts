import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { remainsOf, type RunningDemo, startDemo } from './run-demo.ts';

const timeoutMs = 90_000;

/** Resolves when nothing of a demo is left. The clean-up of a killed demo runs after its end, and removes the folder last. */
async function expectNothingRemains(demo: RunningDemo): Promise<void> {
  const dir = await demo.dir;
  const watcher = watch('/tmp');
  try {
    while (existsSync(dir)) await once(watcher, 'change', { signal: AbortSignal.timeout(20_000) });
  } finally {
    watcher.close();
  }
  // The clean-up is itself a process, which ends after it has removed the folder.
  await expect.poll(() => remainsOf(dir), { timeout: 10_000 }).toEqual([]);
}

describe('The demo', () => {
  it(
    'streams tokens through two SSH connections and leaves nothing behind',
    async () => {
      const demo = startDemo([], { fromSource: true });
      const { code, lines, stderr } = await demo.ended;
      expect(stderr).toBe('');
      expect(code).toBe(0);
      const result = lines.at(-1);
      expect(result).toMatchObject({ ok: true, hops: 2, bastion: expect.stringMatching(/^(sshd|builtin)$/) });
      expect(result?.['tokens']).toBeGreaterThan(10);
      expect(result?.['firstTokenMs']).toBeGreaterThan(0);
      expect((result?.['steps'] as Array<{ name: string }> | undefined)?.map(({ name }) => name)).toEqual([
        'bastion',
        'init',
        'deploy',
        'connect',
        'stream',
        'stop',
      ]);
      expect(remainsOf(await demo.dir)).toEqual([]);
    },
    timeoutMs,
  );

  it(
    'of a team has two owners, one gateway, three members and a queue that is shared by weight, and leaves nothing behind',
    async () => {
      const demo = startDemo(['--team']);
      const { code, lines, stderr } = await demo.ended;
      expect(stderr).toBe('');
      expect(code).toBe(0);
      expect(lines.at(-1)).toMatchObject({
        event: 'demo.team.done',
        ok: true,
        names: { alice: ['fairlead/demo', 'chat'] },
      });
      const { names, members } = lines.at(-1) as {
        names: { bob: string[] };
        members: Array<{ member: string; answered: number; refused: number }>;
      };
      expect(names.bob).toEqual(['bob/fairlead/demo', 'bob/chat']);
      const [ann, ben, cat] = members;
      expect(ann!.answered).toBeGreaterThan(ben!.answered);
      expect(ben!.answered).toBeGreaterThan(0);
      expect(cat!.refused).toBeGreaterThan(0);
      expect(remainsOf(await demo.dir)).toEqual([]);
    },
    // Two owners, and the time until the gateway has learnt what an engine takes.
    2 * timeoutMs,
  );

  it.each(['bastion', 'init', 'deploy', 'connect'])(
    'ended by Ctrl-C after the step %s leaves nothing behind',
    async (name) => {
      const demo = startDemo();
      await demo.line((line) => line['name'] === name);
      process.kill(-(demo.child.pid ?? 0), 'SIGINT');
      expect((await demo.ended).code).toBe(130);
      expect(remainsOf(await demo.dir)).toEqual([]);
    },
    timeoutMs,
  );

  it(
    'whose parent is killed leaves nothing behind',
    async () => {
      const demo = startDemo(['--keep'], { through: 'eval "$DEMO"; :' });
      await demo.line((line) => line['event'] === 'demo.kept');
      demo.child.kill('SIGKILL');
      await demo.ended;
      await expectNothingRemains(demo);
    },
    timeoutMs,
  );

  it(
    'that is killed itself leaves nothing behind',
    async () => {
      const demo = startDemo(['--keep']);
      await demo.line((line) => line['event'] === 'demo.kept');
      demo.child.kill('SIGKILL');
      await demo.ended;
      await expectNothingRemains(demo);
    },
    timeoutMs,
  );
});
