import type { FairleadConfig } from '@fairlead/config';
import { describe, expect, it } from 'vitest';

import { partsInWords, pickParts } from './pick-parts.ts';
import { parseSwept, stillLeft } from './sweep-host.ts';

const config: FairleadConfig = { clusters: { tb: { kind: 'local' }, other: { kind: 'local' } } };
const none = { bastion: false, laptop: false, all: false, withConfig: false };
const names = (flags: Partial<Parameters<typeof pickParts>[0]>) =>
  partsInWords(pickParts({ ...none, ...flags }, config));

describe('pickParts', () => {
  it('takes everything where nothing is chosen', () => {
    expect(names({})).toBe('cluster tb, cluster other, the bastion, this machine');
    expect(names({ all: true, withConfig: true })).toContain('this machine with its configuration');
  });

  it('takes what is chosen and no more', () => {
    expect(names({ cluster: 'tb' })).toBe('cluster tb');
    expect(names({ bastion: true })).toBe('the bastion');
    expect(names({ laptop: true, cluster: 'other' })).toBe('cluster other, this machine');
  });

  it('knows the nearest name of a mistyped cluster, and takes no configuration by itself', () => {
    expect(() => names({ cluster: 'ohter' })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('other') }),
    );
    expect(() => names({ bastion: true, withConfig: true })).toThrow('configuration alone');
  });
});

describe('What a sweep says', () => {
  it('is read line by line; what a later part removes is not left', () => {
    const swept = parseSwept('removed\t/a b\t\nwelcome to login\nleft\t/s/gate\tit is not known to be ours\n', 'login');
    expect(swept).toEqual([
      { host: 'login', path: '/a b', kind: 'removed' },
      { host: 'login', path: '/s/gate', kind: 'left', why: 'it is not known to be ours' },
    ]);
    expect(stillLeft([...swept, ...parseSwept('removed\t/s/gate\t\n', 'bastion')])).toEqual([]);
    expect(stillLeft(swept)).toHaveLength(1);
  });
});
