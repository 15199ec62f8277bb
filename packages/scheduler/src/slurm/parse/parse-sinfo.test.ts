import { describe, expect, it } from 'vitest';

import { parseGres } from './parse-gres.ts';
import { parseSinfo } from './parse-sinfo.ts';

/** Slurm 22.05, and what larger sites print. */
const sinfo = `gpu*|up|1-00:00:00|30:00|2|idle|8|32000|gpu:a100:4|(null)
gpu*|up|1-00:00:00|30:00|1|drained*|8|32000|gpu:a100:4|(null)
big|up|infinite|n/a|4|mixed|128+|1031000+|gpu:h100:8(S:0-1),tmpdisk:100|hbm,nvlink
big|up|infinite|n/a|2|allocated|64|512000|gpu:h100:4(S:0-1)|hbm
cpu|down|2:00:00|1:00|10|idle|64|256000|(null)|(null)
`;

describe('parseSinfo', () => {
  it('adds up the nodes of a partition over its lines', () => {
    const [gpu, big, cpu] = parseSinfo(sinfo);
    expect(gpu).toMatchObject({
      name: 'gpu',
      isDefault: true,
      isUp: true,
      maxMinutes: 1440,
      defaultMinutes: 30,
      nodes: 3,
      usableNodes: 2,
      gpus: [{ type: 'a100', perNode: 4 }],
    });
    expect(big).toMatchObject({
      isDefault: false,
      maxMinutes: Number.POSITIVE_INFINITY,
      usableNodes: 6,
      gpus: [{ type: 'h100', perNode: 8 }],
      maxCpus: 128,
      maxMemoryMb: 1_031_000,
      features: ['hbm', 'nvlink'],
    });
    expect(big).not.toHaveProperty('defaultMinutes');
    expect(cpu).toMatchObject({ isUp: false, maxMinutes: 120, gpus: [] });
  });

  it('passes over lines that are none', () => {
    expect(parseSinfo('sinfo: warning: something\n\n')).toEqual([]);
  });
});

describe('parseGres', () => {
  it.each([
    ['gpu:a100:4', [{ type: 'a100', perNode: 4 }]],
    ['gpu:4', [{ perNode: 4 }]],
    ['gpu', [{ perNode: 1 }]],
    ['gpu:tesla_v100-sxm2-16gb:8(S:0,1),nvme:1', [{ type: 'tesla_v100-sxm2-16gb', perNode: 8 }]],
    [
      'gpu:a100:2(IDX:0-1),gpu:h100:2',
      [
        { type: 'a100', perNode: 2 },
        { type: 'h100', perNode: 2 },
      ],
    ],
    ['gpu:a100:2K', [{ type: 'a100', perNode: 2048 }]],
    ['gres/gpu:4', [{ perNode: 4 }]],
    ['gres:gpu:a100:4,gres/shard:8', [{ type: 'a100', perNode: 4 }]],
    ['cpu=8,gres/gpu=4,gres/gpu:h100=4', [{ perNode: 4 }, { type: 'h100', perNode: 4 }]],
    ['gpu:8(S:0-3)', [{ perNode: 8 }]],
    ['gpu:1g.5gb:7', [{ type: '1g.5gb', perNode: 7 }]],
    ['gpu:a100', [{ type: 'a100', perNode: 1 }]],
    ['(null)', []],
    ['', []],
  ])('%s', (text, kinds) => expect(parseGres(text)).toEqual(kinds));
});
