import { expect, it } from 'vitest';
import { pythonCommand } from './python-command.ts';

it.each([
  ['a script of a venv', ['/v/bin/vllm', 'serve'], '#!/v/bin/python3.11\nimport re\n', ['/v/bin/python3.11']],
  ['a script that looks Python up', ['vllm', 'serve'], '#!/usr/bin/env python3\n', ['/usr/bin/env', 'python3']],
  [
    'a script in a long path',
    ['vllm', 'serve'],
    `#!/bin/sh\n'''exec' "/very/long/bin/python3.12" "$0" "$@"\n' '''\n`,
    ['/very/long/bin/python3.12'],
  ],
  ['Python itself', ['python3', '-m', 'vllm.entrypoints.openai.api_server'], '', ['python3']],
  [
    'a container',
    ['apptainer', 'exec', '--nv', 'vllm.sif', 'vllm', 'serve'],
    '\u007FELF',
    ['apptainer', 'exec', '--nv', 'vllm.sif', 'python3'],
  ],
  [
    'a venv in a container',
    ['singularity', 'exec', 'a.sif', '/opt/venv/bin/vllm', 'serve'],
    '',
    ['singularity', 'exec', 'a.sif', '/opt/venv/bin/python3'],
  ],
  ['a program that only a container has', ['vllm', 'serve'], undefined, ['python3']],
])('pythonCommand finds the Python of %s', (_what, serve, head, python) => {
  expect(pythonCommand(serve, 'vllm', head)).toEqual(python);
});

it.each([
  ['an image that starts the engine itself', ['apptainer', 'run', '/images/vllm.sif', 'serve'], ''],
  ['a script of the shell', ['vllm', 'serve'], '#!/bin/sh\nexec run "$@"\n'],
  ['a program', ['/opt/vllm', 'serve'], '\u007FELF'],
])('pythonCommand knows none for %s', (_what, serve, head) => {
  expect(pythonCommand(serve, 'vllm', head)).toBeUndefined();
});
