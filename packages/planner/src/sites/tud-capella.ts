// TU Dresden, ZIH: Capella.

import type { SiteProfile } from '../site-profile.ts';

export const tudCapella: SiteProfile = {
  name: 'tud-capella',
  title: 'TU Dresden Capella',
  login: ['login1.capella.hpc.tu-dresden.de', 'login2.capella.hpc.tu-dresden.de'],
  partitions: [{ name: 'capella', gpu: 'h100:94', gpusPerNode: 4, nodes: 156, cpusPerNode: 64, memoryGbPerNode: 768 }],
  notes: [
    'Put weights and caches into a workspace on /data/cat; workspaces on /data/horse are slower from Capella.',
    'The login hosts answer only in the campus network and its VPN.',
    'The price of a GPU hour was not available, so no cost is shown.',
  ],
  sources: [
    'https://compendium.hpc.tu-dresden.de/jobs_and_resources/hardware_overview/',
    'https://compendium.hpc.tu-dresden.de/jobs_and_resources/capella',
  ],
};
