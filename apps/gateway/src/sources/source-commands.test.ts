import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type GatewayStore, openGatewayStore } from '../store/gateway-store.ts';
import { runSourceCommand, type SourceFlags } from './source-commands.ts';

let dir: string;
let store: GatewayStore;
beforeEach(() => {
  dir = mkdtempSync('/tmp/fl-sources-');
  store = openGatewayStore(dir, 'command');
});
afterEach(() => {
  store[Symbol.dispose]();
  rmSync(dir, { recursive: true });
});

const run = (words: string[], flags: SourceFlags = {}) =>
  runSourceCommand(store, {
    words,
    flags,
    nowMs: 5,
    actor: 'ops@host',
    askDoor: async () => ({ socket: '/srv/publish.sock', uid: 991 }),
  });

describe('The commands for publishers', () => {
  it('print a line with the token once, and keep its hash', async () => {
    const added = (await run(['publishers', 'add', 'alice'], { account: '1001' })) as { line: string };
    expect(added).toMatchObject({ event: 'publisher.added', name: 'alice', uid: 1001 });
    expect(added.line).toMatch(/^fairlead-publish:\/\/flp_[\w-]{43}@991\/srv\/publish\.sock$/);
    expect(JSON.stringify(store.sources.publishers())).not.toContain(added.line.slice(19, 60));
    expect(await run(['publishers', 'list'])).toEqual({
      event: 'publishers',
      ok: true,
      publishers: [{ name: 'alice', uid: 1001, createdMs: 5 }],
    });
    expect(await run(['publishers', 'remove', 'alice'])).toMatchObject({ ok: true });
    expect(store.readAudit(0).map(({ action }) => action)).toEqual(['publisher.added', 'publisher.removed']);
  });

  it('refuse a name that is taken, an account that is not there, and one that is not known', async () => {
    await run(['upstreams', 'add', 'site'], { url: 'https://a.example/v1' });
    await expect(run(['publishers', 'add', 'site'], { account: '1' })).rejects.toMatchObject({ code: 'source_exists' });
    await expect(run(['publishers', 'add', 'nosuchaccount'])).rejects.toMatchObject({ code: 'source_invalid' });
    await expect(run(['publishers', 'remove', 'bob'])).rejects.toMatchObject({ code: 'source_unknown' });
    await expect(run(['publishers', 'add', 'a/b'])).rejects.toMatchObject({ code: 'account_invalid' });
  });
});

describe('The commands for upstreams', () => {
  it('never print a key', async () => {
    const file = join(dir, 'key');
    writeFileSync(file, 'sk-secret\n');
    const flags = { url: 'https://a.example/v1/', 'key-file': file, models: 'big, small=org/small', concurrent: '4' };
    const added = await run(['upstreams', 'add', 'site'], flags);
    const shown = {
      name: 'site',
      url: 'https://a.example/v1',
      models: { big: 'big', small: 'org/small' },
      concurrent: 4,
    };
    expect(added).toEqual({ event: 'upstream.added', ok: true, ...shown, createdMs: 5 });
    expect(store.sources.upstreams()[0]!.apiKey.reveal()).toBe('sk-secret');
    expect(JSON.stringify([await run(['upstreams', 'list']), store.readAudit(0)])).not.toContain('sk-secret');
    expect(await run(['upstreams', 'remove', 'site'])).toMatchObject({ ok: true });
    expect(store.sources.upstreams()).toEqual([]);
  });

  it.each([
    [{}, '--url'],
    [{ url: 'http://a.example/v1' }, '--url'],
    [{ url: 'ftp://a.example/v1' }, '--url'],
    [{ url: 'https://me:password@a.example/v1' }, '//***@a.example'],
    [{ url: 'https://a.example/v1?x=1' }, '--url'],
    [{ url: 'https://a.example/v1', 'key-file': '/none' }, '--key-file'],
    [{ url: 'https://a.example/v1', models: 'a=b=c' }, '--models'],
    [{ url: 'https://a.example/v1', concurrent: '0' }, '--concurrent'],
  ])('refuse %j', async (flags, told) => {
    await expect(run(['upstreams', 'add', 'site'], flags)).rejects.toThrow(told);
    expect(store.sources.upstreams()).toEqual([]);
  });
});
