// Reads `scontrol -o show partition`: who may use each partition, and how many nodes it gives. Does not judge.

import { defined } from '@fairlead/kit';
import { parseScontrolFields } from './parse-scontrol.ts';

export interface PartitionRules {
  name: string;
  /** Slurm's word: UP, DOWN, DRAIN, INACTIVE. */
  state: string;
  /** Of jobs that name none. */
  isDefault?: true;
  /** All that it has, those that are down too. */
  nodes?: number;
  /** The most that it gives to one job, where that is limited. */
  maxNodes?: number;
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
    const count = (key: string) => (/^\d+$/.test(fields.get(key) ?? '') ? Number(fields.get(key)) : undefined);
    const size = defined({
      isDefault: fields.get('Default') === 'YES' ? (true as const) : undefined,
      nodes: count('TotalNodes'),
      maxNodes: count('MaxNodes'),
    });
    const known = Object.fromEntries(Object.entries(lists).filter(([, names]) => names !== undefined));
    return [{ name: fields.get('PartitionName') ?? '', state: fields.get('State') ?? '', ...size, ...known }];
  });
}
