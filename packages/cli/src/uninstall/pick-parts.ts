// Which parts an uninstall is about: clusters, the bastion, this machine. Pure.

import { CodedError } from '@fairlead/kit';
import { type FairleadConfig, type NamedCluster, pickCluster } from '@fairlead/config';

import type { CliErrorCode } from '../cli-error.ts';

export interface UninstallFlags {
  cluster?: string | undefined;
  bastion: boolean;
  laptop: boolean;
  all: boolean;
  /** The user's configuration file goes too. */
  withConfig: boolean;
}

export interface Parts {
  clusters: NamedCluster[];
  bastion: boolean;
  laptop: boolean;
  withConfig: boolean;
}

/** Without a choice: everything. */
export function pickParts(flags: UninstallFlags, config: FairleadConfig): Parts {
  const isAll = flags.all || (flags.cluster === undefined && !flags.bastion && !flags.laptop);
  if (flags.withConfig && !isAll && !flags.laptop)
    throw new CodedError<CliErrorCode>('usage', 'cannot remove the configuration alone', {
      hint: '--with-config goes with --laptop or --all.',
    });
  const clusters = isAll
    ? Object.entries(config.clusters ?? {}).map(([name, cluster]) => ({ name, config: cluster }))
    : flags.cluster === undefined
      ? []
      : [pickCluster(config, flags.cluster)];
  return { clusters, bastion: isAll || flags.bastion, laptop: isAll || flags.laptop, withConfig: flags.withConfig };
}

export function partsInWords({ clusters, bastion, laptop, withConfig }: Parts): string {
  return [
    ...clusters.map(({ name }) => `cluster ${name}`),
    ...(bastion ? ['the bastion'] : []),
    ...(laptop ? [`this machine${withConfig ? ' with its configuration' : ''}`] : []),
  ].join(', ');
}
