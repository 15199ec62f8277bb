import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { flagsByOption } from '../option-flags.ts';
import { compareVersions } from './compare-versions.ts';
import { newestKnown } from './fit-arguments.ts';
import { flagChanges } from './flag-changes.ts';

/** The flags that the sources of released versions name. */
const folder = new URL('../../../golden/vllm-flags/', import.meta.url);
const releases = readdirSync(folder).map((file) => ({
  version: file.replace('.txt', ''),
  flags: new Set(readFileSync(new URL(file, folder), 'utf8').trim().split('\n')),
}));

it.each(flagChanges.map((change) => [change.flag, change] as const))(
  'flagChanges says of %s what the released versions show',
  (flag, { change, in: version }) => {
    const [before, after] = [
      releases.filter((release) => (compareVersions(release.version, version) ?? 0) < 0),
      releases.filter((release) => (compareVersions(release.version, version) ?? 0) >= 0),
    ];
    const having = (some: typeof releases) => some.filter(({ flags }) => flags.has(flag)).length;
    const [without, within] = change === 'added' ? [before, after] : [after, before];
    expect(having(without)).toBe(0);
    // A flag may have come after the first release that was read, or have gone before it.
    if (change === 'added') expect(having(within)).toBe(within.length);
    else expect(within.length === 0 || having(within) > 0).toBe(true);
  },
);

it('flagChanges puts only flags in place that the version has', () => {
  for (const { flag, in: version, change, instead } of flagChanges) {
    if (change === 'added') continue;
    const later = releases.filter((release) => (compareVersions(release.version, version) ?? 0) >= 0);
    const values = flag === '--task' ? ['embed'] : ['1'];
    const words =
      instead.kind === 'rename' ? [instead.to] : instead.kind === 'rewrite' ? (instead.words(values) ?? []) : [];
    const flags = words.filter((word) => word.startsWith('--')).map((word) => word.split('.')[0] ?? '');
    for (const release of later) expect(flags.filter((name) => !release.flags.has(name))).toEqual([]);
  }
});

it('every setting of engines.vllm is a flag of the newest version that was read', () => {
  const newest = releases.find(({ version }) => version === newestKnown);
  const unknown = [...flagsByOption].filter(([, [flag = '']]) => !newest?.flags.has(flag));
  expect(unknown).toEqual([]);
});
