import { describe, expect, it } from 'vitest';

import {
  changedSettings,
  environmentSources,
  leafPaths,
  mergeSettings,
  parseSetting,
  parseYamlObject,
} from './config-sources.ts';

describe('A configuration file', () => {
  it.each([
    ['with a BOM', '\uFEFFdefaultCluster: a\n'],
    ['with CRLF', 'defaultCluster: a\r\n'],
  ])('%s is read', (_what, text) => expect(parseYamlObject(text, 'x.yaml')).toEqual({ defaultCluster: 'a' }));

  it('that is empty or has only comments has no settings', () =>
    expect(parseYamlObject('# nothing\n', 'x.yaml')).toEqual({}));

  it.each([
    ['a list', '- a\n', /top level/],
    ['a word', 'hello\n', /top level/],
    ['no YAML', 'a: [1,\n', /not YAML/],
    ['a key given twice', 'a: 1\na: 2\n', /not YAML.*unique/s],
  ])('that is %s is refused by its name', (_what, text, message) => {
    expect(() => parseYamlObject(text, 'x.yaml')).toThrow(message);
    expect(() => parseYamlObject(text, 'x.yaml')).toThrow(/x\.yaml/);
  });
});

describe('A setting on the command line', () => {
  it.each([
    ['a.b=c', { a: { b: 'c' } }],
    ['a=4', { a: 4 }],
    ['a=', { a: null }],
    ['a=[x, y]', { a: ['x', 'y'] }],
    ['a=x=y', { a: 'x=y' }],
    ['a=[broken', { a: '[broken' }],
  ])('%s is read as YAML', (text, value) => expect(parseSetting(text)).toEqual(value));

  it.each(['a', '=b', 'a..b=c', '__proto__.x=1'])('%s is refused', (text) =>
    expect(() => parseSetting(text)).toThrow(/path=value/),
  );
});

describe('Settings', () => {
  it('are merged by key, lists replaced', () => {
    const base = { a: { b: 1, c: [1, 2] }, d: 1 };
    expect(mergeSettings(base, { a: { c: [3] }, e: 2 })).toEqual({ a: { b: 1, c: [3] }, d: 1, e: 2 });
    expect(base).toEqual({ a: { b: 1, c: [1, 2] }, d: 1 });
  });
  it('have paths to their leaves', () => expect(leafPaths({ a: { b: 1, c: [1] }, d: {} })).toEqual(['a.b', 'a.c']));
  it('come from the environment too', () => {
    expect(
      environmentSources({ FAIRLEAD_DEFAULT_CLUSTER: 'x', FAIRLEAD_SET: 'a.b=1;c=2' }).map(({ value }) => value),
    ).toEqual([{ defaultCluster: 'x' }, { a: { b: 1 } }, { c: 2 }]);
  });
});

describe("init's settings", () => {
  it('are those that its answers change, without those of a project or a variable', () => {
    const before = { defaultCluster: 'a', clusters: { a: { kind: 'local', env: { X: '1' } } } };
    const after = { defaultCluster: 'a', clusters: { a: { kind: 'local', env: { X: '2' } }, b: { kind: 'slurm' } } };
    expect(changedSettings(before, before)).toEqual({});
    expect(changedSettings(before, after)).toEqual({ clusters: { a: { env: { X: '2' } }, b: { kind: 'slurm' } } });
  });
});

it('parseYamlObject names an alias without an anchor', () => {
  expect(() => parseYamlObject('a: *x', 'f.yaml')).toThrow(/cannot use f\.yaml because .*alias.*x/i);
});
