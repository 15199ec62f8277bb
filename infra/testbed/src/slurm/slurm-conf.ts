// Slurm's configuration files as text. Facts and timings were measured with Slurm 22.05 (Debian 12).

import { accountingConf } from './accounting.ts';

/** How slurmd follows a job's processes. Without cgroups, a process that leaves its process group survives its job. */
export type ProcessTracking = 'cgroup/v1' | 'cgroup/v2' | 'pgid' | 'linuxproc';

export const gpusPerNode = 4;

export interface SlurmOptions {
  nodes: number;
  tracking: ProcessTracking;
  accounting: boolean;
}

export function slurmConf({ nodes, tracking, accounting }: SlurmOptions): string {
  const withCgroups = tracking.startsWith('cgroup');
  return `ClusterName=tb
SlurmctldHost=ctl
AuthType=auth/munge
AuthInfo=cred_expire=5
CredType=cred/munge
SlurmUser=slurm
SlurmctldPort=6817
SlurmdPort=6818
SrunPortRange=60001-60200
StateSaveLocation=/var/lib/slurm/slurmctld
SlurmdSpoolDir=/var/spool/slurmd
SlurmctldPidFile=/run/slurm/slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
SlurmctldLogFile=/var/log/slurm/slurmctld.log
SlurmdLogFile=/var/log/slurm/slurmd.log
SlurmctldDebug=info
SlurmdDebug=verbose
ProctrackType=proctrack/${withCgroups ? 'cgroup' : tracking}
TaskPlugin=task/${withCgroups ? 'cgroup' : 'none'}
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=5
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmctldTimeout=10
SlurmdTimeout=10
KillWait=5
MinJobAge=300
InactiveLimit=0
Waittime=0
OverTimeLimit=0
JobRequeue=1
RebootProgram=/bin/true
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2,sched_min_interval=0,batch_sched_delay=0,sched_interval=2,bf_resolution=1
PriorityType=priority/basic
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=4000
GresTypes=gpu
SlurmdParameters=config_overrides
LaunchParameters=enable_nss_slurm
JobCompType=jobcomp/none
NodeName=node[1-${nodes}] CPUs=8 Boards=1 SocketsPerBoard=1 CoresPerSocket=8 ThreadsPerCore=1 RealMemory=32000 Gres=gpu:a100:${gpusPerNode} State=UNKNOWN
PartitionName=gpu Nodes=ALL Default=YES DefaultTime=00:30:00 MaxTime=1-00:00:00 State=UP
PartitionName=short Nodes=ALL DefaultTime=00:01:00 MaxTime=00:02:00 State=UP
${accounting ? accountingConf : 'AccountingStorageType=accounting_storage/none\n'}`;
}

export function gresConf(nodes: number): string {
  return `AutoDetect=off
NodeName=node[1-${nodes}] Name=gpu Type=a100 File=/dev/nvidia[0-${gpusPerNode - 1}]
`;
}

export function cgroupConf(tracking: ProcessTracking): string {
  const plugin = tracking === 'cgroup/v2' ? 'CgroupPlugin=cgroup/v2\nIgnoreSystemd=yes' : 'CgroupPlugin=cgroup/v1';
  return `${plugin}
CgroupMountpoint=/sys/fs/cgroup
ConstrainDevices=yes
ConstrainRAMSpace=yes
AllowedSwapSpace=0
ConstrainCores=no
`;
}
