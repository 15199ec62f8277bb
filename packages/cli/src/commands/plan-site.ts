// The site for which `fairlead plan` plans: the one that is named, else that of the cluster to which `deploy` would submit.

import { loadConfig, pickCluster, readSite, readSiteFile } from '@fairlead/config';
import { CodedError } from '@fairlead/kit';
import { builtInSites, type SiteProfile } from '@fairlead/planner';

import type { CliErrorCode } from '../cli-error.ts';
import { configPlaceOf } from '../config/config-place.ts';
import type { Context } from '../context.ts';

export interface PlanSiteArgs {
  site?: string | undefined;
  /** A cluster of the configuration. */
  on?: string | undefined;
  gpu?: string | undefined;
}

/** Undefined where nothing names a site. Throws `usage` for a site or cluster of which nothing is known, and what reading a configuration throws. */
export async function planSite(
  { site, on, gpu }: PlanSiteArgs,
  context: Pick<Context, 'env' | 'home' | 'cwd' | 'flags' | 'output'>,
): Promise<SiteProfile | undefined> {
  if (site !== undefined) return siteOf(site);
  if (on === undefined && gpu !== undefined) return undefined;
  const { config } = await loadConfig(configPlaceOf(context));
  const names = Object.keys(config.clusters ?? {});
  const name = on ?? config.defaultCluster ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) return undefined;
  const cluster = pickCluster(config, name);
  if (cluster.config.site !== undefined) return readSite(cluster.config.site, context.home);
  if (on === undefined) return undefined;
  throw new CodedError<CliErrorCode>(
    'usage',
    `cannot plan for ${name} because its configuration names no site profile`,
    {
      hint: `Set clusters.${name}.site (docs/sites.md), or name its GPUs with --gpu. \`fairlead deploy\` asks Slurm for them.`,
    },
  );
}

async function siteOf(text: string): Promise<SiteProfile> {
  const found = builtInSites.find(({ name }) => name === text);
  if (found) return found;
  if (/[./\\]/.test(text)) return readSiteFile(text);
  throw new CodedError<CliErrorCode>(
    'usage',
    `cannot plan for the site ${text || '""'} because no profile has that name`,
    {
      hint: `Profiles: ${builtInSites.map(({ name }) => name).join(', ')}. One of your own is named by its path, such as ./my-site.yaml.`,
    },
  );
}
