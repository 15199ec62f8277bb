// A database that control cannot use as it is: damaged, older, newer, held by another program. With a real process, file and gate.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { gateLine } from '@fairlead/protocol';
import { programFile } from '@fairlead/testkit/programs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import MIGRATIONS from '../store/migrations.json' with { type: 'json' };
import { createSqliteSession } from '@fairlead/sqlite';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { type ControlPlace, openControlPlace } from '../testing/control-process.ts';
import type { Owner } from '../testing/owner.ts';

const gate = join(import.meta.dirname, '../../../../infra/bastion/gate');

let place: ControlPlace;
let owner: Owner & { certificate: string };
let file: string;
beforeEach(async () => {
  place = openControlPlace();
  owner = await place.owner();
  file = join(place.state, 'control.db');
});
afterEach(async () => {
  await owner[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

async function refusal(): Promise<{ code: string; message: string; hint: string }> {
  const { code, stdout } = await place.finish('serve', '--state', place.state, '--run', place.run);
  expect(code).toBe(1);
  return (JSON.parse(stdout.trim().split('\n').at(-1)!) as { error: { code: string; message: string; hint: string } })
    .error;
}

async function makeDatabase(): Promise<void> {
  await openSqliteStore(file)[Symbol.asyncDispose]();
}

function damage(): Buffer {
  const bytes = readFileSync(file);
  bytes.fill(0x5a, 4096, 12_288);
  writeFileSync(file, bytes);
  return bytes;
}

/** As a laptop would meet it: the first line of the gate beside the state. */
async function askGate(): Promise<unknown> {
  mkdirSync(join(place.state, 'bin'));
  writeFileSync(join(place.state, 'run-dir'), `${place.run}\n`);
  copyFileSync(gate, join(place.state, 'gate'));
  const node = `#!/bin/sh\nexec '${process.execPath}' --conditions=fairlead-source "$@"\n`;
  writeFileSync(join(place.state, 'bin/node'), node, { mode: 0o700 });
  writeFileSync(join(place.state, 'bin/control.mjs'), `await import(${JSON.stringify(programFile('control'))});\n`);
  const child = spawn('sh', [join(place.state, 'gate')], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk) => (said += String(chunk)));
  await once(child, 'close');
  return gateLine.parse(JSON.parse(said.split('\n')[0]!));
}

describe('Control whose database', { timeout: 60_000 }, () => {
  it('is damaged does not start, never begins empty over it, and says what to do, to the gate too', async () => {
    await makeDatabase();
    const bytes = damage();
    const before = readdirSync(place.state);
    const error = await refusal();
    expect(error).toMatchObject({
      code: 'store_corrupt',
      message: expect.stringContaining(`cannot use ${file} because it is damaged`),
      hint: expect.stringMatching(/Restore it from a backup, or move it, .*owner\.json.* away/),
    });
    expect(await askGate()).toMatchObject({ control: 'absent', why: error });
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(readdirSync(place.state).filter((name) => name.startsWith('control.db'))).toEqual(
      before.filter((name) => name.startsWith('control.db')),
    );
  });

  it.each([
    ['is gone', () => rmSync(file)],
    ['has become empty', () => truncateSync(file)],
  ])('%s after it has served does not start with an empty one either', async (_what, lose) => {
    const child = await place.serve();
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
    lose();
    expect(await refusal()).toMatchObject({
      code: 'store_corrupt',
      message: expect.stringContaining('though a control has served here'),
    });
    // As the hint says.
    rmSync(file, { force: true });
    rmSync(join(place.state, 'owner.json'));
    await place.serve();
  });

  it('is of an older schema migrates it and keeps the old one beside it', async () => {
    const old = new DatabaseSync(file);
    createSqliteSession(old).migrate(MIGRATIONS.slice(0, 1));
    old.exec(`INSERT INTO deployments VALUES ('a', 'm', 's', 'sim', 'c', 'running', NULL, 1, 'abcdefgh');
      INSERT INTO instances VALUES ('abcdefgh', 'a', '/j', 'x', NULL,
        '{"phase":"waiting","state":{"status":"submitted"},"retired":0}', '[]', '[]', NULL, 1, ${Date.now()});
      INSERT INTO history (at_ms, deployment, instance_id, kind, message)
        VALUES (${Date.now()}, 'a', 'abcdefgh', 'deployment.created', 'long ago');`);
    old.close();
    const child = await place.serve();
    expect((await owner.call('GET', '/v1/hello')).body.schemaVersion).toBe(MIGRATIONS.length);
    expect((await owner.call('GET', '/v1/deployments/a')).body.instances[0].id).toBe('abcdefgh');
    expect((await owner.call('GET', '/v1/events')).body.events).toMatchObject([{ seq: 1, message: 'long ago' }]);
    await place.kill(child);

    const kept = `${file}.schema-1.backup`;
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    const backup = new DatabaseSync(kept, { readOnly: true });
    expect(backup.prepare('SELECT count(*) AS n FROM __drizzle_migrations').get()).toEqual({ n: 1 });
    expect(backup.prepare('SELECT name FROM deployments').all()).toEqual([{ name: 'a' }]);
    backup.close();
  });

  it('is of a newer schema refuses it, leaves it as it is, and says what to do', async () => {
    await makeDatabase();
    const raw = new DatabaseSync(file);
    raw.exec("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('later', 99999999999999)");
    raw.close();
    const bytes = readFileSync(file);
    const known = MIGRATIONS.length;
    expect(await refusal()).toMatchObject({
      code: 'store_newer',
      message: expect.stringContaining(`a newer control has written it: got schema ${known + 1}, know up to ${known}`),
      hint: expect.stringMatching(/fairlead upgrade.*schema-\d\.backup/),
    });
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('is locked by another program says so instead of taking that for a control, and starts when it is free', async () => {
    await makeDatabase();
    const other = new DatabaseSync(file);
    other.exec('BEGIN EXCLUSIVE');
    expect(await refusal()).toMatchObject({
      code: 'store_locked',
      message: expect.stringContaining('another program holds it, and no control answers'),
      hint: expect.stringContaining(`fuser -v ${file}`),
    });
    other.exec('ROLLBACK');
    other.close();
    await place.serve();
    expect((await owner.call('GET', '/readyz')).status).toBe(200);
  });
});
