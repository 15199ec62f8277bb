// What a process of the simulator has generated, in a file that stays when it is killed: the true count beside what others have counted.

import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import type { EngineRequest } from '../engine/engine-request.ts';

/** Numbers keep their width, so that a reader never sees the end of an older, longer text. */
const width = 15;

/** Opens `<dir>/<pid>.json`, which the process has until it ends. Answers that are limited to one token are counted apart: health checks ask for these. */
export function openCountFile(dir: string, pid: number): (request: EngineRequest, tokens: number) => void {
  const file = openSync(join(dir, `${pid}.json`), 'w', 0o600);
  const count = { tokens: 0, single: 0 };
  const write = () => {
    const [tokens, single] = [count.tokens, count.single].map((value) => String(value).padStart(width));
    writeSync(file, `{"tokens":${tokens},"single":${single}}`, 0);
  };
  write();
  return ({ maxTokens }, tokens) => {
    count[maxTokens === 1 ? 'single' : 'tokens'] += tokens;
    write();
  };
}
