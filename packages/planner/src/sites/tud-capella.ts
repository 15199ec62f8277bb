// TU Dresden, ZIH: Capella.

import type { SiteProfile } from '../site-profile.ts';

export const tudCapella: SiteProfile = {
  name: 'tud-capella',
  title: 'TU Dresden Capella',
  login: ['login1.capella.hpc.tu-dresden.de', 'login2.capella.hpc.tu-dresden.de'],
  partitions: [{ name: 'capella', gpu: 'h100:94', gpusPerNode: 4, nodes: 156, cpusPerNode: 64, memoryGbPerNode: 768 }],
  notes: [
    'Weights and caches belong into a workspace of /data/cat; workspaces of /data/horse are slower from here.',
    'The login hosts answer in the campus network and its VPN alone.',
    'The page that says what an hour costs was not at hand, so no cost is shown.',
  ],
  sources: [
    'https://compendium.hpc.tu-dresden.de/jobs_and_resources/hardware_overview/',
    'https://compendium.hpc.tu-dresden.de/jobs_and_resources/capella',
  ],
};
