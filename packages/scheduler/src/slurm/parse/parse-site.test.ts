import { describe, expect, it } from 'vitest';

import { parseAssociations, parseQosLimits } from './parse-associations.ts';
import { parsePartitionRules } from './parse-partition-rules.ts';
import { parseSlurmConfig } from './parse-slurm-config.ts';

describe('parseAssociations', () => {
  it('keeps account, partition and QOS of each line', () => {
    expect(parseAssociations('lab||normal,high|normal\nproj@gpu|gpu|qos_gpu-t3|\n\nnot a line\n')).toEqual([
      { account: 'lab', qos: ['normal', 'high'], defaultQos: 'normal' },
      { account: 'proj@gpu', partition: 'gpu', qos: ['qos_gpu-t3'] },
    ]);
  });

  it('knows the one that is charged where a job names none', () => {
    const rows = parseAssociations('lab||normal,one|normal|lab\nnlp||normal||lab\n');
    expect(rows.map(({ account, isDefault }) => [account, isDefault])).toEqual([
      ['lab', true],
      ['nlp', undefined],
    ]);
  });
});

describe('parseQosLimits', () => {
  it('keeps the limits that there are', () => {
    expect(parseQosLimits('normal|||\ntiny|00:10:00||\none||1|4\nlong|2-00:00:00||\n\nnot a line\n')).toEqual([
      { name: 'normal' },
      { name: 'tiny', maxMinutes: 10 },
      { name: 'one', maxJobs: 1, maxSubmitted: 4 },
      { name: 'long', maxMinutes: 2880 },
    ]);
  });
});

describe('parsePartitionRules', () => {
  it('leaves out the lists that mean every user', () => {
    const text =
      'PartitionName=gpu AllowGroups=ALL AllowAccounts=ALL AllowQos=ALL AllocNodes=ALL Default=YES QoS=N/A DefaultTime=00:30:00 MaxNodes=UNLIMITED MaxTime=1-00:00:00 State=UP TotalCPUs=16 TotalNodes=3\n' +
      'PartitionName=lab AllowGroups=lab DenyAccounts=guest AllowAccounts=lab,prof AllowQos=high MaxNodes=2 State=DRAIN\n';
    expect(parsePartitionRules(text)).toEqual([
      { name: 'gpu', state: 'UP', isDefault: true, nodes: 3 },
      {
        name: 'lab',
        state: 'DRAIN',
        maxNodes: 2,
        allowAccounts: ['lab', 'prof'],
        denyAccounts: ['guest'],
        allowQos: ['high'],
        allowGroups: ['lab'],
      },
    ]);
  });
});

describe('parseSlurmConfig', () => {
  it('tells a site that keeps accounts from one that does not', () => {
    const none =
      'AccountingStorageEnforce = none\nAccountingStorageType   = accounting_storage/none\nClusterName             = tb\nKillWait                = 5 sec\n';
    expect(parseSlurmConfig(none)).toEqual({
      clusterName: 'tb',
      killWaitMs: 5000,
      hasAccounting: false,
      enforced: [],
    });
    const kept =
      'AccountingStorageEnforce = associations,limits,qos\nAccountingStorageType   = accounting_storage/slurmdbd\nSLURM_VERSION           = 23.11.4\n';
    expect(parseSlurmConfig(kept)).toEqual({
      version: '23.11.4',
      hasAccounting: true,
      enforced: ['associations', 'limits', 'qos'],
    });
  });
});
