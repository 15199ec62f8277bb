import { describe, expect, it } from 'vitest';
import { expandHostList } from './expand-host-list.ts';

const rack = (number: string) => ['08', '09', '10'].map((node) => `r${number}-${node}.ib`);

describe('expandHostList', () => {
  it.each([
    ['node1', ['node1']],
    ['node[1-2]', ['node1', 'node2']],
    ['node[1-2,7]', ['node1', 'node2', 'node7']],
    ['node[008-011]', ['node008', 'node009', 'node010', 'node011']],
    ['a1,gpu[1-2]-ib,c[3]', ['a1', 'gpu1-ib', 'gpu2-ib', 'c3']],
    ['a[1-3,7],b-[01-02]-x', ['a1', 'a2', 'a3', 'a7', 'b-01-x', 'b-02-x']],
    ['r[1,3-4]-[08-10].ib,login', [...rack('1'), ...rack('3'), ...rack('4'), 'login']],
    ['r[1-2]n[0-1]', ['r1n0', 'r1n1', 'r2n0', 'r2n1']],
    ['n[0-1]m[0,5]k[2]', ['n0m0k2', 'n1m0k2', 'n0m5k2', 'n1m5k2']],
    ['10.0.0.[1-2]', ['10.0.0.1', '10.0.0.2']],
    ['127.0.0.1,127.0.0.2', ['127.0.0.1', '127.0.0.2']],
  ])('reads %s', (text, names) => expect(expandHostList(text)).toEqual(names));

  it.each(['', 'node[1-', 'node[2-1]', 'node[a-b]', 'a,,b', 'node1]', 'n[1-2[3]]', 'n[0-99999]', '(null) x'])(
    'reads %j as no host list',
    (text) => expect(expandHostList(text)).toBeUndefined(),
  );
});
