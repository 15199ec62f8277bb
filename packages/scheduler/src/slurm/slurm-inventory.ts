// What a Slurm site offers this user, asked on its login host: partitions, accounts, rules. Read only.

import type { CommandRunner, RunResult } from '../command-runner.ts';
import {
  type Association,
  associationFormat,
  parseAssociations,
  parseQosLimits,
  qosFormat,
  type QosLimits,
} from './parse/parse-associations.ts';
import { parsePartitionRules, type PartitionRules } from './parse/parse-partition-rules.ts';
import { parseSinfo, sinfoFormat, type SlurmPartition } from './parse/parse-sinfo.ts';
import { parseSlurmConfig, type SlurmConfig } from './parse/parse-slurm-config.ts';
import { commandFailure, createRunSlurm, lastWords } from './run-slurm.ts';
import { plainQuery, query, type SlurmSite } from './slurm-commands.ts';

export interface SlurmInventory {
  /** `22.05.8`, from the commands themselves: the controller is not asked. */
  version(signal?: AbortSignal): Promise<string>;
  partitions(signal?: AbortSignal): Promise<SlurmPartition[]>;
  partitionRules(signal?: AbortSignal): Promise<PartitionRules[]>;
  config(signal?: AbortSignal): Promise<SlurmConfig>;
  associations(user: string, signal?: AbortSignal): Promise<AssociationList>;
  /** Empty where they cannot be read. */
  qosLimits(signal?: AbortSignal): Promise<QosLimits[]>;
}

/** Without a list: the site keeps no accounts, its database is down, or users may not see theirs. */
export type AssociationList = { ok: true; associations: Association[] } | { ok: false; words: string };

export function createSlurmInventory(runner: CommandRunner, site: SlurmSite = {}): SlurmInventory {
  const run = createRunSlurm(runner);
  async function ask(doing: string, argv: readonly string[], signal?: AbortSignal): Promise<string> {
    const result: RunResult = await run(argv, signal);
    if (result.code !== 0) throw commandFailure(doing, result);
    return result.stdout;
  }
  return {
    async version(signal) {
      const text = await ask('ask for the version of Slurm', plainQuery(site, 'sinfo', ['--version']), signal);
      return /(\d+\.\d+\S*)/.exec(text)?.[1] ?? text.trim();
    },
    partitions: async (signal) =>
      parseSinfo(await ask('list the partitions', query(site, 'sinfo', ['-a', '-h', '-o', sinfoFormat]), signal)),
    partitionRules: async (signal) =>
      parsePartitionRules(
        await ask('list the partitions', query(site, 'scontrol', ['-a', '-o', 'show', 'partition']), signal),
      ),
    config: async (signal) =>
      parseSlurmConfig(await ask('read the configuration', query(site, 'scontrol', ['show', 'config']), signal)),
    async associations(user, signal) {
      const where = [`name=${user}`, ...(site.cluster === undefined ? [] : [`cluster=${site.cluster}`])];
      const what = ['show', 'user', 'where', ...where, 'withassoc', `format=${associationFormat}`];
      const result = await run(plainQuery(site, 'sacctmgr', ['-n', '-P', ...what]), signal);
      if (result.code === 0) return { ok: true, associations: parseAssociations(result.stdout) };
      return { ok: false, words: lastWords(result) || `sacctmgr ended with code ${result.code}` };
    },
    async qosLimits(signal) {
      const argv = plainQuery(site, 'sacctmgr', ['-n', '-P', 'show', 'qos', `format=${qosFormat}`]);
      const result = await run(argv, signal);
      return result.code === 0 ? parseQosLimits(result.stdout) : [];
    },
  };
}
