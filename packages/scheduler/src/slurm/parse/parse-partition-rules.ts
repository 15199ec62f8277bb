// Reads `scontrol -o show partition`: who may use each partition. Does not judge.

import { parseScontrolFields } from './parse-scontrol.ts';

export interface PartitionRules {
  name: string;
  /** Slurm's word: UP, DOWN, DRAIN, INACTIVE. */
  state: string;
  /** Undefined: all. */
  allowAccounts?: string[];
  denyAccounts?: string[];
  allowQos?: string[];
  allowGroups?: string[];
}

export function parsePartitionRules(stdout: string): PartitionRules[] {
  return stdout.split('\n').flatMap((line) => {
    if (!line.startsWith('PartitionName=')) return [];
    const fields = parseScontrolFields(line);
    const list = (key: string) => {
      const value = fields.get(key);
      return value === undefined || ['', 'ALL', '(null)', 'N/A'].includes(value) ? undefined : value.split(',');
    };
    const lists = {
      allowAccounts: list('AllowAccounts'),
      denyAccounts: list('DenyAccounts'),
      allowQos: list('AllowQos'),
      allowGroups: list('AllowGroups'),
    };
    const known = Object.fromEntries(Object.entries(lists).filter(([, names]) => names !== undefined));
    return [{ name: fields.get('PartitionName') ?? '', state: fields.get('State') ?? '', ...known }];
  });
}
