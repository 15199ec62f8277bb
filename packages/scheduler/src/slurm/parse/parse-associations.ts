// Reads `sacctmgr -nP show user … withassoc format=ASSOCIATION_FORMAT`: what a user may charge, and where; and the limits of QOS.

import { defined } from '@fairlead/kit';
import { parseSlurmDuration } from '../../script/duration.ts';

export const associationFormat = 'account,partition,qos,defaultqos,defaultaccount';

export interface Association {
  account: string;
  /** Absent: any partition. */
  partition?: string;
  qos: string[];
  defaultQos?: string;
  /** Charged where a job names no account. */
  isDefault?: true;
}

export function parseAssociations(stdout: string): Association[] {
  return stdout.split('\n').flatMap((line) => {
    const fields = line.trim().split('|');
    const [account = '', partition = '', qos = '', defaultQos = '', defaultAccount] = fields;
    if (fields.length < 3 || account === '') return [];
    return [
      {
        account,
        ...(partition === '' ? {} : { partition }),
        qos: qos.split(',').filter((name) => name !== ''),
        ...(defaultQos === '' ? {} : { defaultQos }),
        ...(account === defaultAccount ? { isDefault: true as const } : {}),
      },
    ];
  });
}

export const qosFormat = 'name,maxwall,maxjobspu,maxsubmitpu';

/** What a QOS gives to one job, and to one user at a time; absent: no limit. */
export interface QosLimits {
  name: string;
  maxMinutes?: number;
  maxJobs?: number;
  maxSubmitted?: number;
}

/** Reads `sacctmgr -nP show qos format=QOS_FORMAT`. */
export function parseQosLimits(stdout: string): QosLimits[] {
  return stdout.split('\n').flatMap((line) => {
    const [name = '', wall = '', ...counts] = line.trim().split('|');
    if (name === '' || counts.length < 2) return [];
    const maxMinutes = parseSlurmDuration(wall);
    const [maxJobs, maxSubmitted] = counts.map((text) => (/^\d+$/.test(text) ? Number(text) : undefined));
    return [
      {
        name,
        ...defined({ maxMinutes, maxJobs, maxSubmitted }),
      },
    ];
  });
}
