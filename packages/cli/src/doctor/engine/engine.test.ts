import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findEngineKind } from '@fairlead/engines';
import { createLocalRunner } from '@fairlead/scheduler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { parseAnswers } from '../ask-host.ts';
import { scriptArguments } from './engine-checks.ts';
import { judgeToken } from './engine-files.ts';
import { engineScript } from './engine-script.ts';
import { judgeEngine, judgeImage, judgePrologue } from './judge-engine.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fl-engine-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function program(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

async function ask(...command: string[]) {
  return askOf('vllm', ...command);
}

async function askOf(engine: string, ...command: string[]) {
  const words = scriptArguments({ kind: findEngineKind(engine), command });
  const { stdout } = await createLocalRunner().run(['sh', '-c', engineScript, 'sh', ...words]);
  return parseAnswers(stdout);
}

describe('The script that looks for an engine', () => {
  it("asks the Python of the program's first line, which is quicker than the program", async () => {
    const python = await program('python3', '#!/bin/sh\n[ "$1" = -c ] && echo 0.11.2\n');
    const vllm = await program('vllm', `#!${python}\nimport sys\n`);
    expect(await ask(vllm, 'serve')).toEqual(
      new Map([
        ['fl_exe', vllm],
        ['fl_version', '0.11.2'],
        ['fl_end', 'yes'],
      ]),
    );
    expect((await ask(python, '-m', 'vllm.entrypoints.openai.api_server')).get('fl_version')).toBe('0.11.2');
  });

  it('asks any other program itself, without its `serve`', async () => {
    const wrapper = await program('run', '#!/bin/sh\necho "$#: $*"\n');
    expect((await ask(wrapper, 'exec', 'an image.sif', 'vllm', 'serve')).get('fl_version')).toBe(
      '4: exec an image.sif vllm --version',
    );
  });

  it('asks for no version where nothing tells it', async () => {
    const server = await program('serve', '#!/bin/sh\necho 1.2.3\n');
    expect([...(await askOf('command', server, '--port', '{port}')).keys()]).toEqual(['fl_exe', 'fl_end']);
  });

  it('finds nothing where nothing is', async () =>
    expect(await ask(join(folder, 'vllm'), 'serve')).toEqual(
      new Map([
        ['fl_exe', ''],
        ['fl_end', 'yes'],
      ]),
    ));
});

describe('judgeEngine', () => {
  const found = new Map([['fl_exe', '/v/bin/vllm']]);
  const kind = findEngineKind('vllm');
  const wanted = { kind, command: ['vllm', 'serve'], isNamed: true, hasLastWord: false };
  it.each([
    ['found', wanted, new Map([...found, ['fl_version', '0.11.2+cpu']]), 'ok'],
    ['that says its name', wanted, new Map([...found, ['fl_version', 'vllm 0.12.0rc1']]), 'ok'],
    ['that does not start', wanted, new Map([...found, ['fl_version', 'ModuleNotFoundError: torch']]), 'warn'],
    ['named and missing', wanted, new Map(), 'fail'],
    ['named and missing here, to be looked for on a node', { ...wanted, hasLastWord: true }, new Map(), 'warn'],
    ['missing by its path', { ...wanted, hasLastWord: true, command: ['/v/vllm'] }, new Map(), 'fail'],
    ['missing and not asked for', { ...wanted, isNamed: false }, new Map(), 'warn'],
    ['whose version nothing tells', { ...wanted, kind: findEngineKind('command') }, found, 'ok'],
  ] as const)('%s', (_what, what, answers, status) => expect(judgeEngine(what, answers).status).toBe(status));
});

describe('An engine in a container', () => {
  const container = { kind: 'charliecloud', image: '/project/vllm' } as const;
  it.each([
    ['ready', 'ok', /which is there/],
    ['elsewhere', 'ok', /only a compute node/],
    ['missing', 'fail', /is not there/],
    ['unreadable', 'fail', /cannot be read/],
  ] as const)('has an image that is %s', (found, status, words) => {
    const finding = judgeImage(container, found);
    expect(finding).toMatchObject({ status, found: expect.stringMatching(words) as unknown });
    if (found === 'missing') expect(finding.todo).toContain('ch-convert vllm/vllm-openai:latest /project/vllm');
  });

  it('needs the program that runs it on the node, and no vLLM there', () => {
    const wanted = { kind: findEngineKind('vllm'), command: ['ch-run'], container, isNamed: true, hasLastWord: false };
    expect(scriptArguments(wanted)).toEqual(['', 'ch-run']);
    expect(judgeEngine(wanted, new Map([['fl_exe', '/usr/bin/ch-run']]))).toMatchObject({ status: 'ok' });
    expect(judgeEngine(wanted, new Map())).toMatchObject({
      status: 'fail',
      found: 'Charliecloud (ch-run) is not there',
      todo: expect.stringContaining('engines.vllm.container.program') as unknown,
    });
  });
});

describe('judgePrologue', () => {
  it('names the line that fails, and a prologue that ends the shell', () => {
    expect(judgePrologue(['true'], new Map([['fl_end', 'yes']]), '').status).toBe('ok');
    const failed = new Map([
      ['fl_failed', 'module load x'],
      ['fl_end', 'yes'],
    ]);
    expect(judgePrologue(['module load x'], failed, 'not found')).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('module load x') as unknown,
    });
    expect(judgePrologue(['exit 3'], new Map(), 'bye').status).toBe('fail');
  });
});

describe('judgeToken', () => {
  const there = { there: 'yes', readable: 'yes', filled: 'yes', mode: '-rw-------' };
  it.each([
    ['of its owner alone', there, 'ok'],
    ['that others may read', { ...there, mode: '-rw-r-----' }, 'fail'],
    ['that is empty', { ...there, filled: '' }, 'fail'],
    ['that is missing', { mode: '' }, 'fail'],
  ] as const)('%s', (_what, facts, status) =>
    expect(judgeToken('/t', new Map(Object.entries(facts))).status).toBe(status),
  );
});
