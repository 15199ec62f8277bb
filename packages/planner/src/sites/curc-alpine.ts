// CU Boulder Research Computing: Alpine.

import type { SiteProfile } from '../site-profile.ts';

const node = { gpusPerNode: 3, cpusPerNode: 64, memoryGbPerNode: 240 };
const limits = { maxHours: 24, longer: { maxHours: 168, how: '--qos=long' } };

export const curcAlpine: SiteProfile = {
  name: 'curc-alpine',
  title: 'CURC Alpine',
  login: ['login.rc.colorado.edu'],
  partitions: [
    { name: 'aa100', gpu: 'a100:40', ...node, nodes: 12, ...limits, maxGpus: 21 },
    { name: 'al40', gpu: 'l40:48', ...node, ...limits, maxGpus: 6 },
    { name: 'ami100', gpu: 'mi100:32', ...node, nodes: 8, ...limits, maxGpus: 15 },
  ],
  cost: {
    perGpuHour: 108.6,
    unit: 'SU',
    source: 'curc-LLM-hoster: SUs = hours × nodes × GPUs per node × 108.6',
  },
  notes: [
    "CURC's own page bills 108.2 SU for each GPU and 1 SU for each core of an hour; its users calculate with 108.6 SU for each GPU.",
    'The page does not say whether the A100 have 40 or 80 GB; 40 is assumed. If yours have 80: --gpu a100:80.',
    'Its nodes are joined by 2x25 Gb Ethernet with RoCE, which is slow for a model that is split over nodes.',
  ],
  sources: [
    'https://curc.readthedocs.io/en/latest/clusters/alpine/alpine-hardware.html',
    'https://github.com/ResearchComputing/Documentation/blob/main/docs/clusters/alpine/alpine-hardware.md',
  ],
};
