// The configuration that every laptop has from the start: ~/.config/fairlead/config.yaml.

import type { Profile } from '../plan.ts';

const routes: Record<Profile, string> = {
  separate: `bastion:
  fromLaptop: { host: bastion }
  fromCluster: { host: bastion, port: 22 }
`,
  'login-is-bastion': `bastion:
  fromLaptop: { host: login }
  fromCluster: { host: login-int, port: 22 }
`,
};

export function laptopConfig(profile: Profile, user: string): string {
  return `# ${user}'s configuration on the testbed's laptop (profile ${profile}).
${routes[profile]}clusters:
  tb:
    login: { host: login }
    slurm: { partition: gpu }
    gpu: { type: a100, request: gres }
`;
}
