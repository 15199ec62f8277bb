import { expect, test } from 'vitest';
import { parseScontrolFields, parseScontrolShowJob } from './parse-scontrol.ts';

// Recorded from Slurm 22.05.8, shortened in the middle.
const recorded =
  'JobId=1 JobName=fl-x UserId=alice(20001) GroupId=alice(20001) MCS_label=N/A Priority=4294901759 Nice=0 ' +
  'Account=(null) QOS=(null) JobState=PENDING Reason=Nodes required for job are DOWN, DRAINED Dependency=(null) ' +
  'Requeue=0 Restarts=2 BatchFlag=1 Reboot=0 ExitCode=0:9 RunTime=00:00:02 TimeLimit=00:02:00 TimeMin=N/A ' +
  'SubmitTime=1795231747 StartTime=1795231747 EndTime=1795231867 Deadline=N/A Partition=gpu AllocNode:Sid=login:0 ' +
  'NodeList=node[1-2] BatchHost=node1 CPUs/Task=1 ReqB:S:C:T=0:0:*:* TRES=cpu=1,mem=1000M,node=1,billing=1 ' +
  'Command=/home/alice/q/j.sh Comment=a JobState=FAKE # c  StdErr=/home/alice/dir with ü/o-1.txt StdIn=/dev/null ' +
  'StdOut=/home/alice/dir with ü/o-1.txt Power= TresPerNode=gres:gpu:1 ';

test('parseScontrolShowJob reads values with spaces and empty ones', () => {
  expect(parseScontrolShowJob(`${recorded}\n`)).toEqual({
    jobId: '1',
    name: 'fl-x',
    state: 'PENDING',
    reason: 'Nodes required for job are DOWN, DRAINED',
    restarts: 2,
    exitCode: { code: 0, signal: 9 },
    startMs: 1_795_231_747_000,
    endMs: 1_795_231_867_000,
    limitMinutes: 2,
    submitMs: 1_795_231_747_000,
    nodes: 'node[1-2]',
    partition: 'gpu',
    stdoutPath: '/home/alice/dir with ü/o-1.txt',
  });
});

test('parseScontrolFields keeps empty values and odd keys', () => {
  const fields = parseScontrolFields(recorded);
  expect(fields.get('Power')).toBe('');
  expect(fields.get('CPUs/Task')).toBe('1');
  expect(fields.get('AllocNode:Sid')).toBe('login:0');
  expect(fields.get('TRES')).toBe('cpu=1,mem=1000M,node=1,billing=1');
});

test('parseScontrolShowJob finds no job in an error', () =>
  expect(parseScontrolShowJob('slurm_load_jobs error: Invalid job id specified\n')).toBeUndefined());
