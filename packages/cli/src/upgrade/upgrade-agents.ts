// Puts this version's agent on each cluster, for the jobs to come. A cluster that is away gets it with its next deploy.

import { errorText } from '@fairlead/kit';

import { loadConfig } from '@fairlead/config';
import { launchRun } from '../launch/launch-run.ts';
import { configPlace } from '../config/config-place.ts';
import type { Context } from '../context.ts';
import { cacheDir } from '@fairlead/client/cache-dir';
import { openSite, shipAgent } from '@fairlead/launch';

export interface AgentsUpgraded {
  cluster: string;
  /** Files that were not there. */
  uploaded: string[];
}

export async function upgradeAgents(context: Context): Promise<AgentsUpgraded[]> {
  const { config } = await loadConfig(configPlace(context));
  const upgraded: AgentsUpgraded[] = [];
  for (const [name, cluster] of Object.entries(config.clusters ?? {})) {
    try {
      await using site = await openSite({ name, config: cluster }, launchRun(context));
      const { uploaded } = await shipAgent(site.host, site.paths.runtime, {
        cacheDir: cacheDir(context),
        nodePath: context.nodePath,
        configuredNode: cluster.node,
        onProgress: (what, sent, total) =>
          context.output.busy(`uploading ${what} ${Math.floor((100 * sent) / Math.max(total, 1))} %`),
        signal: context.signal,
      });
      upgraded.push({ cluster: name, uploaded });
    } catch (error) {
      context.signal.throwIfAborted();
      context.output.warn(`${name} could not be reached (${errorText(error)}); its next deploy brings the new agent`);
    }
  }
  return upgraded;
}
