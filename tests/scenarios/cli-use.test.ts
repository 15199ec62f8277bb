import { execFile } from 'node:child_process';
import { EventEmitter, on, once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { openWorld, parseJsonLines, processesOf, type World } from '@fairlead/testkit';
import { commandLine } from '@fairlead/testkit/programs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const timeoutMs = 60_000;
const run = promisify(execFile);

/** Its answers last longer than any test. */
const slow = { model: 'fairlead/demo', engine: 'sim' as const, gpus: 0, args: ['--sim-decode-ms', '500'] };

let world: World;
beforeAll(async () => {
  world = await openWorld({ config: (config) => ({ ...config, presets: { slow } }) });
  await world.deploy('a');
}, timeoutMs);
afterAll(() => world?.[Symbol.asyncDispose](), timeoutMs);

/** A command for `exec` that works on every machine. */
const node = (code: string) => [process.execPath, '-e', code];

describe('exec', () => {
  it('gives the command the deployment, its own input and output, and ends with its code and its port', async () => {
    const code = `
      const { OPENAI_BASE_URL: url, OPENAI_API_KEY: key, ...env } = process.env;
      const ask = (path, headers) => fetch(path, { headers }).then((answer) => answer.json());
      const [input, openai, anthropic] = await Promise.all([
        process.stdin.toArray().then((chunks) => Buffer.concat(chunks).toString()),
        ask(url + '/models', { authorization: 'Bearer ' + key }),
        ask(env.ANTHROPIC_BASE_URL + '/v1/models', { authorization: 'Bearer ' + env.ANTHROPIC_AUTH_TOKEN }),
      ]);
      console.log(JSON.stringify({ input, url, model: env.OPENAI_MODEL, openai, anthropic, argv: process.argv.slice(1) }));
      process.exit(7);`;
    const args = [
      'exec',
      'a',
      '--',
      process.execPath,
      '--input-type=module',
      '-e',
      code,
      '--',
      '--json',
      'a  b',
      '"$x"',
    ];
    const result = await world.cli(args, { stdin: 'two\nlines' });
    expect(result).toMatchObject({ code: 7, stderr: '' });
    const said = JSON.parse(result.stdout);
    const models = { data: [{ id: 'demo' }] };
    expect(said).toMatchObject({ input: 'two\nlines', model: 'demo', openai: models, anthropic: models });
    expect(said.argv).toEqual(['--json', 'a  b', '"$x"']);
    const late = connectTcp(Number(new URL(said.url).port), '127.0.0.1');
    await expect(once(late, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('with --no-mux answers through a channel for each request', async () => {
    const code = `
      const { OPENAI_BASE_URL: url, OPENAI_API_KEY: key } = process.env;
      const ask = () => fetch(url + '/models', { headers: { authorization: 'Bearer ' + key } }).then(({ status }) => status);
      Promise.all([ask(), ask(), ask()]).then((all) => console.log(all.join()));`;
    const result = await world.cli(['exec', '--no-mux', 'a', '--', ...node(code)], { stdin: '' });
    expect(result).toMatchObject({ code: 0, stdout: '200,200,200\n' });
  });

  it('passes a signal on and waits for what the command makes of it', async () => {
    const code = `process.on('SIGTERM', () => { console.log('bye'); process.exit(9); }); setInterval(() => {}, 1000); console.log('up');`;
    const running = world.start(['exec', 'a', '--', ...node(code)]);
    await running.line((line) => line === 'up');
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 9, stdout: 'up\nbye\n' });
  });

  it('has an exit code for everything, as a shell has', async () => {
    const code = async (...args: string[]) => {
      const result = await world.cli(['exec', ...args]);
      return [result.code, result.stderr];
    };
    const found = await Promise.all([
      code('a', '--', ...node(`process.kill(process.pid, 'SIGKILL')`)),
      code('a', '--', 'no-such-command'),
      code('a', '--', world.dir),
      code('nope', '--', 'true'),
    ]);
    expect(found).toEqual([
      [137, ''],
      [127, expect.stringContaining('cannot run no-such-command because there is no such command')],
      [126, expect.stringContaining('because this user may not execute it')],
      [3, expect.stringContaining('nope')],
    ]);
  });
});

describe('events -f into a program that has read enough', () => {
  // On other systems the next event shows it.
  it.runIf(process.platform === 'linux')('ends soon, also where nothing happens any more', async () => {
    const script = `${commandLine('cli')} events a -f | head -n 2; echo done`;
    const { stdout } = await run('sh', ['-c', script], { env: world.env, cwd: world.dir });
    expect(stdout.trimEnd().split('\n')).toEqual([expect.any(String), expect.any(String), 'done']);
  });
});

describe('chat', () => {
  it('puts the prompt before standard input, and only the answer on a pipe', async () => {
    const args = ['chat', 'a', 'Say', 'something', '--max-tokens', '8', '--temperature', '0'];
    const [piped, json] = await Promise.all([
      world.cli(args, { stdin: 'about this' }),
      world.cli([...args, '--json'], { stdin: 'about this' }),
    ]);
    const lines = parseJsonLines(json.stdout);
    const last = lines.at(-1);
    expect(last).toMatchObject({ event: 'answer', ok: true, servedModel: 'demo', usage: { completion_tokens: 8 } });
    expect(lines.filter(({ event }) => event === 'chunk').map(({ text }) => text)).toHaveLength(8);
    expect(piped).toEqual({ code: 0, stdout: `${String(last?.['text'])}\n`, stderr: '' });
    // Four words of the prompt and the blank line between them: the engine got both parts.
    const alone = parseJsonLines((await world.cli([...args, '--json'])).stdout).at(-1);
    const tokens = (line: typeof last) =>
      (line?.['usage'] as { prompt_tokens: number } | undefined)?.prompt_tokens ?? 0;
    expect(tokens(last)).toBeGreaterThan(tokens(alone));
  });

  it.each([
    ['a model that is not served', ['hi', '--model', 'nope'], 1, /model_unknown.*`nope` does not exist/],
    ['too long a prompt', ['word '.repeat(20_000)], 1, /prompt_too_long.*maximum context length/],
    ['no prompt', [], 2, /usage.*no prompt/],
  ])('has one clear message for %s', async (_what, args, code, words) => {
    const result = await world.cli(['chat', 'a', ...args, '--json']);
    expect(result.code).toBe(code);
    expect(result.stdout).toMatch(words);
    expect(parseJsonLines(result.stdout)).toHaveLength(1);
    expect(result.stderr).not.toMatch(/\n {4}at /);
  });
});

describe('A deployment that ends', () => {
  it(
    'is told by everything that uses it; a Ctrl-C before only ends what it was meant for',
    async () => {
      expect((await world.json('deploy', 'slow', '--name', 'b')).last).toMatchObject({ ok: true });
      const chat = world.start(['chat', 'b', 'tell', '--json']);
      const left = world.start(['chat', 'b', 'tell', '--json']);
      const events = world.start(['events', 'b', '-f', '--lines', '1', '--json']);
      const connect = world.start(['connect', 'b', '--json']);
      const command = `process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); console.log('up');`;
      const exec = world.start(['exec', 'b', '--', ...node(command)]);
      await Promise.all([
        exec.line((line) => line === 'up'),
        ...[chat, left].map((answer) => answer.line((line) => line.includes('"chunk"'))),
        events.line((line) => line.includes('"event"')),
        connect.line((line) => line.includes('"connected"')),
      ]);
      left.signal('SIGINT');
      expect((await left.ended).code).toBe(130);
      const warned = saidOnStderr(exec, 'b has ended (stopped: ');
      expect((await world.json('stop', 'b', '--now')).last).toMatchObject({ ok: true });

      const cut = await chat.ended;
      expect(cut.code).toBe(1);
      expect(parseJsonLines(cut.stdout).at(-1)).toMatchObject({ ok: false, error: { code: 'answer_cut' } });
      expect(cut.stderr).toMatch(/^error {2}.*b has ended \(stopped/m);
      expect(parseJsonLines((await connect.ended).stdout).at(-1)).toMatchObject({
        event: 'connection.ended',
        ok: true,
      });
      await warned;
      exec.child.kill('SIGTERM');
      expect(await exec.ended).toMatchObject({ code: 5, stdout: 'up\n' });

      await events.line((line) => line.includes('"instance.stopped"'));
      events.signal('SIGINT');
      const told = await events.ended;
      expect(told.code).toBe(130);
      expect(parseJsonLines(told.stdout).at(-1)).toMatchObject({ event: 'events.ended', ok: false });
    },
    timeoutMs,
  );
});

async function saidOnStderr({ child }: ReturnType<World['start']>, text: string): Promise<void> {
  let said = '';
  for await (const [chunk] of on(child.stderr ?? new EventEmitter(), 'data')) {
    said += String(chunk);
    if (said.includes(text)) return;
  }
}

describe('events', () => {
  it('shows the newest last, as many as asked, of one deployment or of all', async () => {
    const [all, two, text] = await Promise.all([
      world.json('events', 'a'),
      world.json('events', 'a', '--lines', '2'),
      world.cli(['events', '--lines', '1000']),
    ]);
    const kinds = all.lines.slice(0, -1).map(({ kind }) => kind);
    expect(kinds[0]).toBe('deployment.created');
    expect(all.last).toMatchObject({ event: 'events.ended', ok: true, shown: kinds.length });
    expect(two.lines.slice(0, -1)).toEqual(all.lines.slice(-3, -1));
    expect(text.stdout).toMatch(/ {2}a {2}The instance is ready/);
    expect((await world.cli(['events', 'nope'])).code).toBe(3);
  });
});

describe('open', () => {
  it('has the values of the deployment, and its key only where it is asked for', async () => {
    const [page, shown] = await Promise.all([
      world.cli(['open', 'a', '--port', '9000']),
      world.json('open', 'a', '--show-key'),
    ]);
    expect(page.stdout).toContain('http://127.0.0.1:9000/v1');
    expect(page.stdout).toContain('OpenAI(base_url=');
    expect(shown.last).toMatchObject({ event: 'examples', ok: true, servedModel: 'demo' });
    const apiKey = String(shown.last['apiKey']);
    expect(apiKey).toMatch(/^fl_/);
    expect(page.stdout).not.toContain(apiKey);
  });
});

describe('version', () => {
  it('asks control and every agent, or with --version none', async () => {
    const [all, own] = await Promise.all([world.json('version'), world.cli(['--version'])]);
    expect(own.stdout).toMatch(/^fairlead \d+\.\d+\.\d+ \(protocol \d+\)\n$/);
    const [, version] = own.stdout.split(' ');
    expect(all.last).toMatchObject({
      event: 'versions',
      ok: true,
      cli: { version },
      control: { version },
      agents: [{ deployment: 'a', version }],
      advice: [],
    });
  });
});

describe('Completion', () => {
  const bashLines = `eval "$(fairlead completions bash)"; eval "$(fairlead completions bash)"
    ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fairlead_complete; echo "\${COMPREPLY[*]}"; }
    ask fairlead even; ask fairlead chat ''; ask fairlead deploy x --on = h; ask fairlead list '$(touch ran)'`;
  const fishLines = `fairlead completions fish | source
    complete -C 'fairlead even' | cut -f1; complete -C 'fairlead logs a --sou' | cut -f1`;
  // Without a terminal there is no line to complete: this calls the completion function.
  const zshLines = `compdef() { :; }; _describe() { print -r -- "\${\${(@P)2}%%:*}"; }; eval "$(fairlead completions zsh)"
    ask() { words=("$@"); CURRENT=$#; _fairlead; }
    ask fairlead even; ask fairlead logs a --sou`;

  it.for<[shell: string, args: string[], offered: string]>([
    ['bash', ['-c', bashLines], 'events\na\nhere\n\n'],
    ['fish', ['--no-config', '-c', fishLines], 'events\n--source\n'],
    ['zsh', ['-fc', zshLines], 'events\n--source\n'],
  ])(
    'offers commands, flags and names in %s, and runs nothing of the line',
    { timeout: timeoutMs },
    async ([shell, args, offered], context) => {
      const isThere = await run(shell, ['-c', 'true']).then(
        () => true,
        () => false,
      );
      context.skip(!isThere, `no ${shell} here`);
      const cwd = join(world.dir, shell);
      await mkdir(cwd);
      const script = `#!/bin/sh\nexec ${commandLine('cli')} "$@"\n`;
      await writeFile(join(cwd, 'fairlead'), script, { mode: 0o700 });
      const env = { ...world.env, PATH: `${cwd}:${world.env['PATH'] ?? ''}` };
      const { stdout } = await run(shell, args, { env, cwd });
      expect(stdout).toBe(offered);
      expect(await readdir(cwd)).toEqual(['fairlead']);
    },
  );
});

describe('A name that is taken', () => {
  it('is told in one sentence', async () => {
    const { code, stderr } = await world.cli(['deploy', 'demo', '--name', 'a']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error {2}cannot create a because/m);
  });
});

describe('events -f', () => {
  it(
    'continues after control was killed, with no other client to start it again',
    async () => {
      const following = world.start(['events', 'a', '-f', '--lines', '1', '--json']);
      await following.line((line) => line.includes('"event"'));
      const [control] = (await processesOf(world.dir)).filter(({ args }) => args.includes('control.mjs serve'));
      process.kill(control?.pid ?? 0, 'SIGKILL');
      await following.line((line) => line.includes('"control.lost"'));
      await following.line((line) => line.includes('"control.back"'));
      await world.json('stop', 'a', '--now');
      await following.line((line) => line.includes('"instance.stopped"'));
      following.signal('SIGINT');
      const seqs = parseJsonLines((await following.ended).stdout).flatMap(({ seq }) =>
        seq === undefined ? [] : [seq],
      );
      expect(new Set(seqs).size).toBe(seqs.length);
    },
    timeoutMs,
  );
});
