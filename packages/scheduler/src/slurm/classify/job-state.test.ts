import { describe, expect, test } from 'vitest';
import { classifyJobState } from './job-state.ts';

describe('classifyJobState', () => {
  test.each([
    ['PENDING', 'pending'],
    ['CONFIGURING', 'pending'],
    ['EXPEDITING', 'pending'],
    ['POWER_UP_NODE', 'pending'],
    ['REQUEUED', 'pending'],
    ['REQUEUE_FED', 'pending'],
    ['REQUEUE_HOLD', 'pending'],
    ['RESV_DEL_HOLD', 'pending'],
    ['SPECIAL_EXIT', 'pending'],
    ['RUNNING', 'running'],
    ['RESIZING', 'running'],
    ['SIGNALING', 'running'],
    ['STOPPED', 'running'],
    ['SUSPENDED', 'running'],
    ['COMPLETING', 'completing'],
    ['STAGE_OUT', 'completing'],
    ['UPDATE_DB', 'completing'],
  ])('%s is %s', (raw, kind) => expect(classifyJobState(raw)).toEqual({ kind }));

  test.each([
    ['COMPLETED', 'completed'],
    ['FAILED', 'failed'],
    ['CANCELLED', 'cancelled'],
    ['CANCELLED by 20001', 'cancelled'],
    ['CANCELLED+', 'cancelled'],
    ['TIMEOUT', 'timeout'],
    ['PREEMPTED', 'preempted'],
    ['NODE_FAIL', 'node_fail'],
    ['OUT_OF_MEMORY', 'out_of_memory'],
    ['DEADLINE', 'deadline'],
    ['BOOT_FAIL', 'boot_fail'],
    ['LAUNCH_FAILED', 'launch_failed'],
    ['RECONFIG_FAIL', 'reconfig_fail'],
    ['REVOKED', 'revoked'],
  ])('%s ended as %s', (raw, outcome) => expect(classifyJobState(raw)).toEqual({ kind: 'ended', outcome }));

  test.each(['TELEPORTING', '', '42', 'constructor'])('%j is unknown and keeps its text', (raw) =>
    expect(classifyJobState(raw)).toEqual({ kind: 'unknown', raw }),
  );
});
