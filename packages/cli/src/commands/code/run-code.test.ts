// `fairlead code` of a member, with a program in place of the agent and an HTTP server in place of the gateway.

import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

import { Scope } from '@fairlead/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { runCommand } from '../../testing/run-command.ts';

let scope: Scope;
let home: string;
let url: string;
const stop = new AbortController();

beforeEach(async () => {
  scope = new Scope();
  home = mkdtempSync(join(tmpdir(), 'fl-code-'));
  scope.defer(() => rmSync(home, { recursive: true, force: true }));
  const models = [
    { id: 'coder', state: 'ready', max_model_len: 8_192 },
    { id: 'other', state: 'ready' },
  ];
  const server = createServer((_, response) => response.end(JSON.stringify({ object: 'list', data: models })));
  scope.defer(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  for (const folder of ['gateways', 'bin']) mkdirSync(join(home, folder));
  const place = { version: 1, url, apiKey: 'flk_member', keyId: 'k', member: 'bob', joinedMs: 0 };
  writeFileSync(join(home, 'gateways/lab.json'), JSON.stringify(place), { mode: 0o600 });
});
afterEach(() => scope[Symbol.asyncDispose]());

/** Writes what it was given into the home, and ends with 7. */
function install(agent: string): void {
  const path = join(home, 'bin', agent);
  writeFileSync(
    path,
    '#!/bin/sh\nenv > "$HOME/env"; echo "$@" > "$HOME/args"; [ -z "$CODEX_HOME" ] || { cat "$CODEX_HOME/config.toml" > "$HOME/config.toml"; ls -ld "$CODEX_HOME" > "$HOME/mode"; }\nexit 7\n',
  );
  chmodSync(path, 0o755);
}

async function code(...args: string[]) {
  const env = {
    HOME: home,
    PATH: `${join(home, 'bin')}:/usr/bin:/bin`,
    FAIRLEAD_PROFILE: join(home, 'profile.json'),
    NO_COLOR: '1',
  };
  return runCommand(['code', ...args], { env, cwd: home, signal: stop.signal });
}
const read = (name: string) => readFileSync(join(home, name), 'utf8');
const left = () => readdirSync(join(home, '.cache/fairlead/code'));

it("The agent finds the model of the gateway, with what it can take, and its exit code is the command's", async () => {
  install('codex');
  // Of a run that was killed, and of one on another host that shares the home.
  mkdirSync(join(home, '.cache/fairlead/code/other-99999999-x'), { recursive: true });
  mkdirSync(join(home, '.cache/fairlead/code', `${hostname()}-99999999-x`), { recursive: true });
  expect(await code('coder', 'codex', '--', 'exec', 'Say hello')).toMatchObject({ code: 7, stderr: '' });
  expect(read('args')).toBe('exec Say hello\n');
  expect(read('env')).toContain('FAIRLEAD_CODE_KEY=flk_member\n');
  expect(read('config.toml')).toContain(`base_url = "${url}/v1"`);
  expect(read('config.toml')).toContain('model_context_window = 8192\n');
  expect(read('config.toml')).not.toContain('flk_');
  expect(read('mode')).toMatch(/^drwx------/);
  expect(left()).toEqual(['other-99999999-x']);
});

it('Without a name the first agent that is installed is taken; a context that is not known is said', async () => {
  install('opencode');
  const { code: exitCode, stderr } = await code('other');
  expect(exitCode).toBe(7);
  expect(stderr).toMatch(/not known how long a request to other may be/);
  expect(read('env')).toContain('"limit":{"context":32768,"output":8192}');
  await code('other', '--context', '4096');
  expect(read('env')).toContain('"limit":{"context":4096,"output":1024}');
});

it.each([
  ['is not installed', ['coder', 'codex'], 127, /not on PATH[^]*npm install -g @openai\/codex/],
  ['is not known', ['coder', 'vim'], 2, /no coding agent[^]*opencode and codex/],
])('An agent that %s is told', async (_, args, exitCode, said) => {
  const { code: ended, stderr } = await code(...args);
  expect(ended).toBe(exitCode);
  expect(stderr).toMatch(said);
  expect(existsSync(join(home, '.cache'))).toBe(false);
});
