// No room for control's files: on a real file system that is full where this machine lets us mount one, else by a limit on
// the size of files, which is how a quota feels.

import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type ControlPlace, logged, openControlPlace, serving } from '../testing/control-process.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { openFakeAgent } from '../testing/fake-agent.ts';
import type { Owner } from '../testing/owner.ts';

/** In a mount namespace of its own; without root also in a user namespace, where that is allowed. */
const unshare = process.getuid?.() === 0 ? ['unshare', '-m'] : ['unshare', '-Urm'];
const canMount = spawnSync(unshare[0]!, [...unshare.slice(1), 'mount', '-t', 'tmpfs', 'x', '/mnt']).status === 0;
const prlimit = 'prlimit';
const canLimit = spawnSync(prlimit, ['--version']).status === 0;

interface Disk {
  start(...args: string[]): ChildProcess;
  fill(child: ChildProcess): void;
  free(child: ChildProcess): void;
}

const mount = 'cp -a "$0" "$0.kept" && mount -t tmpfs -o size=1m,mode=700 small "$0" && cp -a "$0.kept/." "$0"';

/** A file system of 1 MB over the state directory, seen by control alone. */
function smallDisk(place: ControlPlace): Disk {
  const script = `${mount} && exec "$@"`;
  const filler = (child: ChildProcess) => join(`/proc/${child.pid}/root`, place.state, 'filler');
  return {
    start: (...args) => place.startThrough([...unshare, 'sh', '-c', script, place.state], ...args),
    fill: (child) => {
      try {
        writeFileSync(filler(child), Buffer.alloc(2 * 1024 * 1024));
        throw new Error('the disk was not full');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    free: (child) => rmSync(filler(child)),
  };
}

/** No file may grow beyond 4 KB: the database's log is larger already. */
function limitedFiles(place: ControlPlace): Disk {
  const limit = (child: ChildProcess, size: string) =>
    execFileSync(prlimit, ['--pid', String(child.pid), `--fsize=${size}:unlimited`]);
  return {
    start: (...args) => place.start(...args),
    fill: (child) => limit(child, '4096'),
    free: (child) => limit(child, 'unlimited'),
  };
}

let place: ControlPlace;
let owner: Owner & { certificate: string };
beforeEach(async () => {
  place = openControlPlace();
  owner = await place.owner();
});
afterEach(async () => {
  await owner[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

const create = (name: string) =>
  owner.call('POST', '/v1/deployments', {
    name,
    model: 'm',
    servedModel: 's',
    engine: 'e',
    cluster: 'c',
    jobDir: '/j',
  });

describe.each([
  { what: 'disk is full', possible: canMount, disk: smallDisk },
  { what: 'quota is used up', possible: canLimit, disk: limitedFiles },
])('Control whose $what', { timeout: 60_000 }, ({ possible, disk: openDisk }) => {
  it.skipIf(!possible)('refuses changes and says why, goes on answering, and recovers when there is room', async () => {
    const disk = openDisk(place);
    const child = disk.start('serve', '--state', place.state, '--run', place.run, '--lease-ms', '60000');
    await serving(child);
    const made = (await create('a')).body;
    const { certificate } = owner;
    const { instanceId } = made;
    const token = made.enrolmentToken;
    await using agent = await openFakeAgent({
      runDir: place.run,
      certificate,
      instanceId,
      deployment: 'a',
      token,
      withData: true,
    });
    await agent.next('control.welcome', true);
    const watch = await owner.watch();
    agent.report({ status: 'ready' });
    await watch.find(
      (message) => message.type === 'deployment.changed' && message.deployment.instances[0]?.state.status === 'ready',
    );

    disk.fill(child);
    const refused = await create('b');
    expect(refused).toMatchObject({
      status: 507,
      headers: { 'retry-after': '1' },
      body: {
        error: {
          code: 'storage_failed',
          message: expect.stringMatching(/cannot write to .*control\.db because/),
          hint: expect.stringMatching(/df.*quota.*make room/),
        },
      },
    });
    expect((await owner.call('DELETE', '/v1/deployments/a')).body.error.code).toBe('storage_failed');
    // What it knows it goes on telling, and the agent keeps its place.
    expect((await owner.call('GET', '/v1/deployments?all=true')).body.deployments).toMatchObject([
      { name: 'a', wanted: 'running', instances: [{ state: { status: 'ready' } }] },
    ]);
    expect(await owner.call('GET', '/v1/endpoints/a')).toMatchObject({ status: 200 });
    expect((await owner.call('GET', '/v1/events?last=1')).body.events).toMatchObject([{ kind: 'instance.ready' }]);
    expect(agent.history.map(({ type }) => type)).toEqual(['control.welcome']);
    // What an agent says meanwhile is not acknowledged; it says it again on its next connection.
    const again = agent.next('control.welcome');
    agent.report({ status: 'degraded', reason: 'slow' });
    await again;

    disk.free(child);
    expect((await create('b')).status).toBe(201);
    agent.report({ status: 'degraded', reason: 'slow' });
    await watch.find(
      (message) =>
        message.type === 'deployment.changed' && message.deployment.instances[0]?.state.status === 'degraded',
    );
    const drain = agent.next('instance.drain');
    expect((await owner.call('DELETE', '/v1/deployments/a')).body).toMatchObject({ delivered: true });
    await drain;
  });
});

it.skipIf(!canMount)(
  'Control that finds a full disk when it starts says so and what to do',
  { timeout: 60_000 },
  async () => {
    await openSqliteStore(join(place.state, 'control.db'))[Symbol.asyncDispose]();
    const script = `${mount} && { head -c 2m /dev/zero >"$0/filler"; exec "$@"; }`;
    const wrapper = [...unshare, 'sh', '-c', script, place.state];
    const child = place.startThrough(wrapper, 'serve', '--state', place.state, '--run', place.run);
    expect(await logged(child, 'control.start')).toMatchObject({
      ok: false,
      error: { code: 'store_failed', hint: expect.stringMatching(/df/) },
    });
  },
);
