import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chooseLines } from './choose-lines.ts';
import { createLogJudge } from './log-judge.ts';

const failures = new URL('../../golden/failures/', import.meta.url);
const noise = '(EngineCore pid=7) INFO 11-21 02:00:21 [core.py:1] one line of a storm\n'.repeat(400);

function chosen(text: string): string[] {
  const lines: string[] = [];
  chooseLines(Buffer.from(text), (line) => lines.push(line), 4000);
  return lines;
}

function verdictOf(lines: readonly string[]) {
  const judge = createLogJudge();
  for (const line of lines) judge.push(line);
  const { verdict } = judge.diagnose();
  return verdict.kind === 'failed' ? verdict.entry.id : verdict.kind;
}

describe('The lines that are chosen of a log', () => {
  it.each(readdirSync(failures))('lead through a storm to the verdict of %s', (name) => {
    const log = readFileSync(new URL(name, failures), 'utf8');
    const inStorm = chosen(noise + log.replace(/\n?$/, '\n') + noise);
    expect(inStorm.length).toBeLessThan(600);
    expect(verdictOf(inStorm)).toBe(verdictOf(log.split('\n')));
  });

  it('are all of an ordinary block, each cut to the limit', () => {
    const lines: string[] = [];
    chooseLines(Buffer.from(`one\n\n${'ä'.repeat(10)}\nlast`), (line) => lines.push(line), 6);
    expect(lines).toEqual(['one', '', 'äää', 'last']);
  });

  it('are bounded in number where every line is telling', () => {
    expect(chosen('ValueError: again\n'.repeat(10_000))).toHaveLength(500);
  });

  it('may hold any bytes', () => {
    const bytes = Buffer.alloc(100_000, 0xff);
    bytes.fill('\nRuntimeError: found\n', 99_000, 99_021);
    const lines: string[] = [];
    chooseLines(Buffer.concat([Buffer.from(noise), bytes]), (line) => lines.push(line), 4000);
    expect(lines.at(-1)).toBe('RuntimeError: found');
  });
});
