import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { reasonOf } from './prepare-real-vllm.ts';

it('The reason why vLLM cannot be installed is what the installer said last, not its retries', async () => {
  const retry = "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError(...)'";
  const last = [
    'ERROR: Could not find a version (from versions: none)',
    'ERROR: No matching distribution found for uv',
  ];
  const script = 'printf "%s\\n" "$@" "" >&2; exit 1';
  const error = await promisify(execFile)('sh', ['-c', script, 'sh', retry, ...last]).catch(
    (reason: unknown) => reason,
  );
  expect(reasonOf(error)).toBe(last.join(' '));
  expect(reasonOf(new Error('ENOENT: /usr/bin/python3.11'))).toBe('Error: ENOENT: /usr/bin/python3.11');
});
