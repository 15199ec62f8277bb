// One world, one deployment, one running stream: `upgrade` replaces control and agent meanwhile, once by a control that does not start.

import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openWorld, type World } from '@fairlead/testkit';
import { programFile } from '@fairlead/testkit/programs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const timeoutMs = 90_000;
const tokenCount = 250;

let world: World;
let installed: string;
const { FAIRLEAD_BUILT } = process.env;

beforeAll(async () => {
  // A separate installation, into which the test puts other versions of the programs.
  installed = mkdtempSync(join(tmpdir(), 'fl-installed-'));
  cpSync(join(programFile('cli'), '../..'), installed, { recursive: true });
  process.env['FAIRLEAD_BUILT'] = installed;
  world = await openWorld();
  await world.deploy('a');
}, timeoutMs);
afterAll(async () => {
  if (FAIRLEAD_BUILT === undefined) delete process.env['FAIRLEAD_BUILT'];
  else process.env['FAIRLEAD_BUILT'] = FAIRLEAD_BUILT;
  await world?.[Symbol.asyncDispose]();
  rmSync(installed, { recursive: true, force: true });
});

/** The bundle that the next command finds. */
function bundle(program: 'control' | 'agent'): string {
  return join(installed, 'dist/bundles', `${program}.mjs`);
}

/** Makes another build of a program: other bytes are another version. */
function rebuild(program: 'control' | 'agent'): void {
  appendFileSync(bundle(program), '\n// built anew\n');
}

const link = () => readlinkSync(join(world.dir, 'bastion', 'bin', 'control.mjs'));
const controlPid = () => readFileSync(join(world.dir, 'run', 'control.pid'), 'utf8').trim();

async function instanceOf(name: string): Promise<Record<string, unknown>> {
  const { last } = await world.json('status', name, '--no-cluster');
  const { instances } = last['deployment'] as { instances: Array<Record<string, unknown>> };
  expect(instances).toHaveLength(1);
  return instances[0]!;
}

describe('fairlead upgrade', () => {
  it(
    'replaces control and agent; a stream that runs loses nothing, and the deployment keeps its endpoint',
    async () => {
      const connect = world.start(['connect', 'a', '--json']);
      const said = JSON.parse(await connect.line((line) => line.includes('"baseUrl"'))) as Record<string, string>;
      const answer = await fetch(`${said['baseUrl']}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${said['apiKey']}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          model: said['servedModel'],
          stream: true,
          max_tokens: tokenCount,
          messages: [{ role: 'user', content: 'count' }],
          sim: { tokens: tokenCount, decode_ms: 20 },
        }),
      });
      const streamed = answer.text();
      const before = await instanceOf('a');
      const [oldLink, oldPid] = [link(), controlPid()];
      rebuild('control');
      rebuild('agent');

      const planned = await world.json('upgrade', '--dry-run');
      expect(planned.stderr).toBe('');
      expect(planned.last).toMatchObject({
        event: 'upgrade.planned',
        control: { replaced: true },
        keepTheirAgent: ['a'],
      });
      expect(link()).toBe(oldLink);

      const upgraded = await world.json('upgrade');
      expect(upgraded.last).toMatchObject({
        event: 'upgraded',
        ok: true,
        control: { replaced: true, before: /control-(.*)\.mjs/.exec(oldLink)?.[1] },
        agents: [{ cluster: 'here', uploaded: ['engine-sim.mjs', 'agent.mjs'] }],
        keepTheirAgent: ['a'],
      });
      expect(upgraded.stderr).toBe('');
      expect(link()).not.toBe(oldLink);
      expect(controlPid()).not.toBe(oldPid);
      expect(readdirSync(join(world.dir, 'bastion', 'backup'))).toContain('control.db');

      const tokens = (await streamed)
        .split('\n')
        .filter((line) => line.startsWith('data: {') && line.includes('"content":"'));
      expect(tokens.length).toBeGreaterThanOrEqual(tokenCount);
      expect((await streamed).trimEnd().endsWith('data: [DONE]')).toBe(true);
      expect(await instanceOf('a')).toMatchObject({
        id: before['id'],
        state: { status: 'ready' },
        endpoints: before['endpoints'],
      });
      connect.signal('SIGTERM');
      await connect.ended;

      const again = await world.json('upgrade');
      expect(again.last).toMatchObject({ event: 'upgraded', control: { replaced: false }, agents: [{ uploaded: [] }] });
    },
    timeoutMs,
  );

  it(
    'puts the old control back where the new one does not start, and says why it did not',
    async () => {
      const oldLink = link();
      writeFileSync(bundle('control'), "console.error('cannot find my legs');\nprocess.exit(1);\n");
      const failed = await world.json('upgrade');
      expect(failed.code).toBe(1);
      const { error } = failed.last as { error: { code: string; message: string } };
      expect(error.code).toBe('upgrade_failed');
      expect(error.message).toContain('the old one runs again');
      expect(error.message).toContain('cannot find my legs');
      expect(link()).toBe(oldLink);
      expect(await instanceOf('a')).toMatchObject({ state: { status: 'ready' } });
      expect(existsSync(join(world.dir, 'bastion', 'control.db'))).toBe(true);
    },
    timeoutMs,
  );
});
