import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { listSshHosts } from './list-hosts.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fl-hosts-'));
  await mkdir(join(home, '.ssh'));
});
afterEach(() => rm(home, { recursive: true }));

it('listSshHosts lists the names, those of included files too, and no patterns', async () => {
  await writeFile(join(home, '.ssh', 'more'), 'Host=gate\n');
  await writeFile(
    join(home, '.ssh', 'config'),
    'Host login login2 *.example.org\r\n  HostName l.example.org\nInclude more\nHost *\n  User me\nHost "with space" !login\n',
  );
  expect(await listSshHosts(home)).toEqual(['login', 'login2', 'gate', 'with space']);
});

it('listSshHosts lists no names if there is no file', async () => expect(await listSshHosts(home)).toEqual([]));
