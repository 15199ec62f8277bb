// What a dry run prints for each preset that no node holds, on each site that is known: a script for its nodes, and a command line for
// each rank.

import { showEngineCommand } from '@fairlead/engines';
import { builtInModels, builtInSites, placesOfSite } from '@fairlead/planner';
import { describe, expect, it } from 'vitest';

import { clusterPaths } from '../cluster-paths.ts';
import { jobScript } from '../job/job-files.ts';
import { planDeployment } from './plan-deployment.ts';

const wide = builtInModels.filter(({ fits }) => fits.nodes > 1);

/** With as few nodes as do. Undefined where no number of nodes of the site does. */
function planOver(what: string, site: (typeof builtInSites)[number]) {
  const facts = { title: site.title, from: site.name, places: placesOfSite(site) };
  for (let nodes = 1; nodes <= 8; nodes += 1) {
    try {
      return planDeployment({ what, nodes }, {}, {}, { site: facts });
    } catch (error) {
      expect(error).toMatchObject({ code: 'does_not_fit', hint: expect.anything() });
    }
  }
  return undefined;
}

describe.each(builtInSites.map((site) => [site.name, site] as const))('On %s', (_name, site) => {
  it.each(wide.map(({ name }) => name))('%s is started on each of its nodes, or refused with a hint', (name) => {
    const plan = planOver(name, site);
    if (!plan) return expect(site.name).not.toBe('tud-capella');
    const { nodes, gpus, model, servedModel, engineSettings } = plan;
    expect(nodes).toBeGreaterThan(1);
    const paths = clusterPaths({}, { home: '/home/you' });
    const place = { instance: 'i0000000', paths, nodePath: '/n', agentPath: '/a.mjs' };
    const script = jobScript(plan, { name: 'mine', config: {} }, place);
    expect(script).toContain(`#SBATCH --nodes=${nodes}\n`);
    expect(script).toContain('#SBATCH --ntasks-per-node=1\n');
    expect(script).toMatch(new RegExp(`#SBATCH --(?:gres=gpu|gpus-per-node)[:=](?:\\w+:)?${gpus}\n`));
    expect(script).toMatch(/#SBATCH --mem=\d+G\n/);
    const wanted = { ...engineSettings, model, servedModel, gpus, nodes };
    const { ranks } = showEngineCommand(plan.engine, wanted, {
      env: {},
      caches: { shared: undefined, local: undefined },
    });
    const words = ranks.map(({ argv }) => argv.join(' '));
    expect(words).toHaveLength(nodes);
    const sizeOf = (flag: string) => Number(new RegExp(`${flag} (\\d+)`).exec(words[0] ?? '')?.[1] ?? 1);
    expect(sizeOf('--tensor-parallel-size') * sizeOf('--pipeline-parallel-size')).toBe(nodes * gpus);
    for (const [rank, line] of words.entries()) {
      expect(line).toContain(`--nnodes ${nodes} --node-rank ${rank} --master-addr`);
      expect(line.includes('--headless')).toBe(rank > 0);
      expect(ranks[rank]?.env).toMatchObject({ VLLM_HOST_IP: `<address of rank ${rank}>` });
      expect(ranks[rank]?.env).toMatchObject({ NCCL_SOCKET_IFNAME: '<interface to rank 0>' });
    }
  });
});
