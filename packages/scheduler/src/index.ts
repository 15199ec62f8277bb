export { classifyJobState, type JobOutcome, type JobPhase } from './slurm/classify/job-state.ts';
export { classifyPendingReason, type PendingKind, type PendingReason } from './slurm/classify/pending-reason.ts';
export { classifySubmitError, type CommandOutcome, type SubmitError } from './slurm/classify/submit-error.ts';
export type { SubmitErrorKind } from './slurm/classify/submit-rules.ts';
export { type CommandRunner, createLocalRunner, type CommandOptions, type RunResult } from './command-runner.ts';
export { drainWindow, type DrainWindow, placeSignal, warningSeconds } from './inside/drain-window.ts';
export { endOwnJob } from './inside/end-own-job.ts';
export { type JobIdentity, readJobIdentity } from './inside/job-identity.ts';
export { expandHostList } from './inside/expand-host-list.ts';
export { failedNodesIn } from './inside/failed-nodes.ts';
export { type JobNodes, readJobNodes } from './inside/job-nodes.ts';
export { learnKillWait } from './inside/learn-kill-wait.ts';
export { listGpus, visibleGpus } from './inside/list-gpus.ts';
export { readEndReason } from './inside/read-end-reason.ts';
export { type GpuLoad, readGpuLoad } from './inside/read-gpu-load.ts';
export { type Preemption, readPreemption } from './inside/read-preemption.ts';
export { readJobLog, readSlurmNotice, type SlurmNotice } from './inside/read-slurm-notice.ts';
export { type AskProgram, askProgram } from './inside/ask-program.ts';
export { type DeadlineWatchOptions, watchDeadline } from './inside/watch-deadline.ts';
export { jobMachine } from './local/job-life-table.ts';
export { createLocalScheduler, type LocalSchedulerOptions } from './local/local-scheduler.ts';
export type { SlurmExitCode } from './slurm/parse/exit-code.ts';
export {
  type Association,
  parseAssociations,
  parseQosLimits,
  type QosLimits,
} from './slurm/parse/parse-associations.ts';
export { type GpuKind, parseGres } from './slurm/parse/parse-gres.ts';
export { parsePartitionRules, type PartitionRules } from './slurm/parse/parse-partition-rules.ts';
export { parseSacct, sacctFormat, type SacctRow } from './slurm/parse/parse-sacct.ts';
export { parseSbatch, parseTestOnly, type SubmittedJob, type TestOnlyEstimate } from './slurm/parse/parse-sbatch.ts';
export { parseScontrolShowJob, type ScontrolJob } from './slurm/parse/parse-scontrol.ts';
export { parseSinfo, type SlurmPartition } from './slurm/parse/parse-sinfo.ts';
export { parseSlurmConfig, type SlurmConfig } from './slurm/parse/parse-slurm-config.ts';
export { parseSqueue, squeueFormat, type SqueueRow } from './slurm/parse/parse-squeue.ts';
export { type EndTime, parseEndTime, parseSlurmTime } from './slurm/parse/slurm-time.ts';
export type { CancelMode, JobObservation, JobSubmission, Scheduler, TestOnlyResult } from './scheduler.ts';
export { type Directive, parseDirectives } from './script/directive-line.ts';
export { formatSlurmDuration, parseSlurmDuration } from './script/duration.ts';
export { escapeFilenamePattern, expandFilenamePattern, type FilenameFacts } from './script/filename-pattern.ts';
export { srunStepCommand } from './slurm/slurm-commands.ts';
export { parseRocmCards, rocmField, type RocmReport, vramTotal, vramUsed } from './inside/rocm-cards.ts';
export {
  type JobRuntime,
  type JobScriptPlan,
  prologueFailure,
  prologueFailureLine,
  renderJobScript,
} from './script/render-job-script.ts';
export type { GpuRequest, SbatchDirectives, SiteBend } from './script/sbatch-directives.ts';
export { type SchedulerErrorCode, schedulerErrorCodes } from './scheduler-error.ts';
export { shellSettings, settingOf } from './slurm/classify/shell-settings.ts';
export type { SharedQueue } from './slurm/shared-queue.ts';
export type { SlurmSite } from './slurm/slurm-commands.ts';
export { type AssociationList, createSlurmInventory, type SlurmInventory } from './slurm/slurm-inventory.ts';
export { createSlurmScheduler, type SlurmSchedulerOptions } from './slurm/slurm-scheduler.ts';
export type { SubmitPolicy } from './slurm/submit-once.ts';
