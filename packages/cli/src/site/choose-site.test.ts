import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createOutput } from '../output/output.ts';
import { answerWithSite, siteNote } from './answer-with-site.ts';
import { chooseSite } from './choose-site.ts';

const profile = (name: string) => `
name: ${name}
title: The site ${name}
login: [login.example.org]
partitions: [{ name: gpu, gpu: a100:80, gpusPerNode: 4, cpusPerNode: 64, memoryGbPerNode: 512, maxHours: 24 }]
cost: { perGpuHour: 2.5, unit: credits, source: the price list }
sources: [https://example.org/hardware]
`;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'choose-site-'));
  await mkdir(join(folder, 'catalogue', 'sites'), { recursive: true });
  await writeFile(join(folder, 'catalogue', 'sites', 'north.yaml'), profile('north'));
  await writeFile(join(folder, 'catalogue', 'sites', 'south.yaml'), profile('south').replace('a100:80', 'a100:81'));
  await symlink('loop', join(folder, 'loop'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function choose(text: string, { signal } = new AbortController()) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const output = createOutput({ stdout, stderr }, { encodeLine: undefined, startedMs: 0, now: () => 0 });
  const env = { PATH: process.env['PATH'] ?? '', XDG_CACHE_HOME: join(folder, 'cache'), HOME: folder };
  const chosen = chooseSite(text, { env, home: folder, cwd: folder, output, signal, ask: undefined });
  return { chosen, warned: () => String(stderr.read() ?? '') };
}

describe('A site for init', () => {
  it('is a built-in profile, a file, or one of a folder', async () => {
    expect(await choose('curc-alpine').chosen).toMatchObject({
      setting: 'curc-alpine',
      profile: { name: 'curc-alpine' },
    });
    const file = join(folder, 'catalogue', 'sites', 'north.yaml');
    expect(await choose('./catalogue/sites/north.yaml').chosen).toMatchObject({ setting: file });
    expect(await choose('./catalogue#north').chosen).toMatchObject({ setting: file, profile: { name: 'north' } });
  });

  it.each([
    ['alpine', 'usage', /no profile has that name/],
    ['./catalogue', 'usage', /it has 2 profiles/],
    ['./catalogue#nort', 'usage', /no profile nort/],
    ['./catalogue#south', 'config_invalid', /partitions\.0\.gpu: must be one of/],
    ['https://user:pass@example.org/x.git', 'usage', /holds a password/],
    ['https://ghp_0123456789@example.org/x.git', 'usage', /holds a password or a token/],
    ['', 'usage', /no profile has that name/],
    ['file:///nowhere/at/all.git', 'site_unavailable', /nowhere.*fatal: Could not read from remote repository\.$/],
    // A link that leads to itself is there, and is no name that nothing has.
    ['loop', 'site_unavailable', /cannot read site profiles: .*ELOOP/],
  ])('%s is refused as %s', async (text, code, message) => {
    await expect(choose(text).chosen).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('of a Git repository is copied beside the configuration, and outlives the repository', async () => {
    const repository = join(folder, 'catalogue');
    await symlink('/etc/hostname', join(repository, 'sites', 'linked.yaml'));
    const git = (...args: string[]) =>
      promisify(execFile)('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args]);
    await git('init', '--quiet');
    await git('add', '-A');
    await git('commit', '--quiet', '-m', 'sites');
    const url = `file://${repository}#north`;
    const kept = join(folder, '.config', 'fairlead', 'sites', 'north.yaml');
    expect(await choose(url).chosen).toMatchObject({ setting: kept, profile: { name: 'north' } });
    expect(await readFile(kept, 'utf8')).toBe(profile('north'));
    await expect(choose(`file://${repository}#linked`).chosen).rejects.toThrow(/no profile linked/);
    await rm(repository, { recursive: true });
    const again = choose(url);
    expect(await again.chosen).toMatchObject({ setting: kept });
    expect(again.warned()).toMatch(/using what was fetched before/);
  });
});

it('A site of a repository that never ends its answer is given up at once, with all that git has started', async () => {
  const ended = Promise.withResolvers<void>();
  const interrupt = new AbortController();
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'application/x-git-upload-pack-advertisement');
    response.write('001e# service=git-upload-pack\n0000');
    response.on('close', () => ended.resolve());
    interrupt.abort(new Error('interrupted'));
    request.resume();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const { chosen } = choose(`http://127.0.0.1:${port}/sites.git#north`, interrupt);
  await expect(chosen).rejects.toThrow('interrupted');
  await ended.promise;
  server.close();
});

describe('A site profile', () => {
  const flags = { yes: true, local: false };

  it('answers the name of a new cluster and its login host, and leaves one that is configured', async () => {
    const site = await choose('./catalogue#north').chosen;
    expect(answerWithSite(flags, site, {})).toEqual({ ...flags, cluster: 'north', login: 'login.example.org' });
    const config = { clusters: { mine: { login: { host: 'login.example.org', user: 'me' } } } };
    expect(answerWithSite(flags, site, config)).toEqual({ ...flags, cluster: 'mine' });
    expect(answerWithSite({ ...flags, cluster: 'x', login: 'y' }, site, config)).toMatchObject({
      cluster: 'x',
      login: 'y',
    });
  });

  it('is explained above its setting', async () => {
    expect(siteNote(await choose('./catalogue#north').chosen)).toMatch(
      /\n {2}gpu: 4 × a100:80 a node, up to 24 h\nAn hour of a GPU costs 2.5 credits/,
    );
  });
});
