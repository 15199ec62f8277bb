import { describe, expect, it } from 'vitest';

import { createProgram } from '../../program.ts';
import { wantedAt } from './candidates.ts';

const program = createProgram('0', async () => undefined);
const wanted = (...words: string[]) => wantedAt(program, words);

function valuesAt(...words: string[]): string[] {
  const found = wanted(...words);
  if (found.kind !== 'candidates') throw new Error(`wanted ${JSON.stringify(found)}`);
  return found.candidates.map(({ value }) => value);
}

describe('At the cursor', () => {
  it('stand commands, without the hidden one', () => {
    expect(valuesAt('')).toEqual(expect.arrayContaining(['deploy', 'chat', 'exec', 'events', 'open', 'config']));
    expect(valuesAt('com')).toEqual(['completions']);
    expect(valuesAt('config', '')).toEqual(['schema', 'trust', 'untrust']);
  });

  it('stand the flags of the command that is meant', () => {
    expect(valuesAt('--json', 'logs', '--')).toEqual(
      expect.arrayContaining(['--follow', '--source', '--lines', '--json']),
    );
    expect(valuesAt('logs', '--so')).toEqual(['--source']);
  });

  it.each([
    ['as a word of its own', ['logs', 'a', '--source', 'en'], ['engine']],
    ['after =, for zsh and fish', ['logs', 'a', '--source=en'], ['--source=engine']],
    ['after =, as bash cuts it', ['logs', 'a', '--source', '=', 'en'], ['engine']],
    ['right after =, as bash cuts it', ['logs', 'a', '--source', '='], ['job', 'agent', 'engine']],
    ['as an argument', ['completions', ''], ['bash', 'zsh', 'fish']],
  ])('stand the choices of a flag %s', (_how, words, values) => {
    expect(valuesAt(...words)).toEqual(values);
  });

  it.each([
    ['deployments', ['chat', 'x'], { prefix: '', typed: 'x' }],
    ['deployments', ['logs', '-f', '--lines', '5', ''], { prefix: '', typed: '' }],
    ['presets', ['deploy', 'll'], { prefix: '', typed: 'll' }],
    ['models', ['plan', 'll'], { prefix: '', typed: 'll' }],
    ['models', ['models', ''], { prefix: '', typed: '' }],
    ['gpus', ['plan', 'x', '--gpu', 'a'], { prefix: '', typed: 'a' }],
    ['sites', ['plan', 'x', '--site=c'], { prefix: '--site=', typed: 'c' }],
    ['clusters', ['deploy', 'demo', '--on', ''], { prefix: '', typed: '' }],
    ['clusters', ['deploy', '--on=he'], { prefix: '--on=', typed: 'he' }],
    ['clusters', ['deploy', '--on', '=', 'he'], { prefix: '', typed: 'he' }],
    ['files', ['list', '--config', ''], {}],
    ['files', ['exec', 'a', '--', 'python', 'scr'], {}],
    ['nothing', ['deploy', 'demo', '--name', ''], {}],
    ['nothing', ['status', 'a', ''], {}],
  ])('are wanted: %s after %j', (kind, words, rest) => {
    expect(wanted(...words)).toEqual({ kind, ...rest });
  });
});
