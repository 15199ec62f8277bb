import { describe, expect, it } from 'vitest';

import { parseSettingPath } from './setting-path.ts';

describe('parseSettingPath', () => {
  it.each([
    ['slurm.partition=gpu', ['slurm', 'partition'], 'gpu'],
    ['presets."llama-3.1-8b".gpus=2', ['presets', 'llama-3.1-8b', 'gpus'], '2'],
    [String.raw`presets.llama-3\.1-8b.gpus=2`, ['presets', 'llama-3.1-8b', 'gpus'], '2'],
    ['presets."a=b".gpus=2', ['presets', 'a=b', 'gpus'], '2'],
    [String.raw`presets."a\"b".x=`, ['presets', 'a"b', 'x'], ''],
    ['env.X=a=b.c', ['env', 'X'], 'a=b.c'],
    [' a . b =c', ['a', 'b'], 'c'],
  ])('reads %s', (typed, keys, value) => {
    expect(parseSettingPath(typed)).toEqual({ keys, value });
  });

  it.each(['', '=x', 'a', 'a.=x', '.a=x', 'a..b=x', '__proto__.a=x', '"a=x', 'a"b".c=x'])('refuses %j', (typed) => {
    expect(parseSettingPath(typed)).toBeUndefined();
  });
});
