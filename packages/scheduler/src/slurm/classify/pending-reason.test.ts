import { describe, expect, test } from 'vitest';
import { classifyPendingReason, type PendingKind } from './pending-reason.ts';

const words = (text: string) => text.trim().split(/\s+/);

const table: Record<PendingKind, string[]> = {
  waiting: [
    ...words(`
      None Priority Resources BeginTime Dependency Licenses Reservation Prolog Cleaning SchedDefer MpiPortsBusy
      FedJobLock BurstBufferResources BurstBufferStageIn PowerNotAvail PowerReserved MaxPoweredUpNodes
      (Resources)
    `),
    '',
  ],
  'your-limit': [
    ...words(`
      QOSGrpCpuLimit QOSGrpCPUMinutesLimit QOSGrpGRES QOSGrpGRESRunMinutes QOSGrpNodeLimit QOSGrpWallLimit
      AssocGrpGRES AssocGrpBillingMinutes AssocGrpJobsLimit AssocGrpSubmitJobsLimit QOSMaxGRESPerUser
      QOSMaxJobsPerUserLimit QOSMaxCpuPerUserLimit QOSMaxSubmitJobPerUserLimit AssocMaxJobsLimit
      AssocMaxSubmitJobLimit MaxGRESPerAccount MaxJobsPerAccount JobArrayTaskLimit AssociationJobLimit
      AssociationResourceLimit AssociationTimeLimit QOSJobLimit QOSResourceLimit QOSTimeLimit QOSUsageThreshold
      AccountingPolicy AssocGrpCPUMinutesLimit AssocGrpCPURunMinutesLimit AssocGrpCpuLimit
    `),
  ],
  'never-starts': [
    ...words(`
      BadConstraints Constraints PartitionNodeLimit PartitionTimeLimit PartitionConfig InvalidAccount
      DependencyNeverSatisfied InvalidQOS AccountNotAllowed QOSNotAllowed DeadLine MaxMemPerLimit QOSMinGRES
      QOSMinCpuNotSatisfied ReservationDeleted ReservationInvalid RequiresReservation JobHeldUser JobHeldAdmin
      JobHoldMaxRequeue QOSMaxWallDurationPerJobLimit QOSMaxGRESPerJob AssocMaxWallDurationPerJobLimit
      AssocMaxCpuPerNode AssocMaxGRESMinutesPerJob BurstBufferOperation
    `),
    'job requeued in held state',
    "Job's account not known, so it can't use this partition (short allows physics)",
    "Job's account not permitted to use this partition (members allows lab not nlp)",
    "Job's QOS not permitted to use this partition (gpu allows gold not normal)",
    'launch failed requeued held',
  ],
  site: [
    ...words(`
      PartitionDown PartitionInactive NodeDown ReqNodeNotAvail FrontEndDown SystemFailure
    `),
    'ReqNodeNotAvail, UnavailableNodes:node2',
    'ReqNodeNotAvail, Reserved for maintenance',
    'Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions',
  ],
};

describe.each(Object.entries(table))('%s', (kind, reasons) => {
  test.each(reasons)('%j', (reason) => {
    const found = classifyPendingReason(reason);
    expect(found.kind).toBe(kind);
    expect(found.text).toContain(reason === '' ? 'None' : reason.replace(/^\((.*)\)$/, '$1'));
    if (kind !== 'waiting') expect(found.advice).not.toBe('');
  });
});

test('an unknown reason is waiting, in its own words', () =>
  expect(classifyPendingReason('MoonPhase, waxing')).toEqual({
    kind: 'waiting',
    text: 'MoonPhase, waxing',
    advice: '',
  }));

// Reasons as a Slurm 22.05 with accounting prints them.
test.each([
  ["Job's account not permitted to use this partition (members allows lab not nlp)", /will never start as it is/],
  ['AccountNotAllowed', /will never start as it is/],
  ['AssocGrpCPUMinutesLimit', /used up for weeks.*ask the site for more/],
  ['QOSGrpGRESMinutes', /used up for weeks/],
  ['AssocGrpCPURunMinutesLimit', /starts when others of the group release/],
  ['AssocGrpSubmitJobsLimit', /none are queued it is closed/],
  ['QOSMaxJobsPerUserLimit', /starts when jobs of yours end/],
])('%s: the advice says whether waiting helps', (reason, advice) =>
  expect(classifyPendingReason(reason).advice).toMatch(advice),
);
