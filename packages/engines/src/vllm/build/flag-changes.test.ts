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
  (flag, change) => {
    const wrong = releases.filter(({ version, flags }) => {
      const isLater = (compareVersions(version, change.in) ?? 0) >= 0;
      // Long before the first version that was read a flag may not have existed yet.
      if (change.change === 'removed' && !isLater) return false;
      return flags.has(flag) !== (change.change === 'added' ? isLater : false);
    });
    expect(wrong.map(({ version }) => version)).toEqual([]);
    const before = releases.filter(({ version }) => (compareVersions(version, change.in) ?? 0) < 0);
    const isShown = before.some(({ flags }) => flags.has(flag)) || before.length === 0;
    expect(change.change === 'added' || isShown || change.in <= '0.9.2').toBe(true);
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
