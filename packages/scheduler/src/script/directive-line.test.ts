import { describe, expect, test } from 'vitest';
import { formatDirective, parseDirectives, quoteDirectiveValue, splitDirectiveLine } from './directive-line.ts';

describe('quoteDirectiveValue', () => {
  test.each([
    ['/home/alice/slurm-%j.out', '/home/alice/slurm-%j.out'],
    ['gpu:a100:4', 'gpu:a100:4'],
    ['node[1-2,7]', 'node[1-2,7]'],
    ['a b', '"a b"'],
    ['dir with ü', '"dir with ü"'],
    [`o"'#`, `"o\\"\\'\\#"`],
    ['$HOME `id`', '"$HOME `id`"'],
  ])('writes %j as %s', (value, text) => expect(quoteDirectiveValue(value)).toBe(text));

  test.each(['plain', 'a b', `o"'#%%-%j`, 'ü  ö', 'back\\slash', '~/x', '$(id)', ' lead', 'a&b|c*d'])(
    'gives %j back through the tokenizer',
    (value) => expect(splitDirectiveLine(` --x=${quoteDirectiveValue(value)}`)).toEqual([`--x=${value}`]),
  );
});

describe('splitDirectiveLine', () => {
  test.each([
    [' --time=5 --gres=gpu:1', ['--time=5', '--gres=gpu:1']],
    ['  -t 5 # five minutes', ['-t', '5']],
    [` --comment='a "b"'`, ['--comment=a "b"']],
    [' --comment=""', ['--comment=']],
    ['', []],
  ])('reads %j', (line, words) => expect(splitDirectiveLine(line)).toEqual(words));

  test('refuses an open quote, as sbatch does', () =>
    expect(() => splitDirectiveLine(' --comment="a')).toThrow(/is not closed/));
});

describe('parseDirectives', () => {
  test('reads long, short and bare options up to the first command', () => {
    const script = [
      '#!/bin/bash',
      '# a comment',
      '#SBATCH --job-name=fl-x --no-requeue',
      '',
      '#SBATCH -t 1:30 -G2 --gres gpu:1',
      '#SBATCH --output="/home/a b/%j"',
      'echo hi',
      '#SBATCH --account=late',
    ].join('\n');
    expect(parseDirectives(script)).toEqual([
      { name: 'job-name', value: 'fl-x' },
      { name: 'no-requeue', value: '' },
      { name: 'time', value: '1:30' },
      { name: 'gpus', value: '2' },
      { name: 'gres', value: 'gpu:1' },
      { name: 'output', value: '/home/a b/%j' },
    ]);
  });

  test('reads back what formatDirective wrote', () => {
    const written = [
      { name: 'comment', value: `it's "quoted" # not a comment` },
      { name: 'requeue', value: '' },
    ];
    expect(parseDirectives(written.map(formatDirective).join('\n'))).toEqual(written);
  });
});
