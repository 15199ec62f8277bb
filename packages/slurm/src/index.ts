export { classifyJobState, type JobOutcome, type JobPhase } from './classify/job-state.ts';
export { classifyPendingReason, type PendingKind, type PendingReason } from './classify/pending-reason.ts';
export {
  classifySubmitError,
  type CommandOutcome,
  type SubmitError,
  type SubmitErrorKind,
} from './classify/submit-error.ts';
export { type CommandRunner, createLocalRunner, type RunOptions, type RunResult } from './command-runner.ts';
export { createLocalScheduler, type LocalSchedulerOptions } from './local/local-scheduler.ts';
export type { SlurmExitCode } from './parse/exit-code.ts';
export { type Association, parseAssociations, parseQosLimits, type QosLimits } from './parse/parse-associations.ts';
export { type GpuKind, parseGres } from './parse/parse-gres.ts';
export { parsePartitionRules, type PartitionRules } from './parse/parse-partition-rules.ts';
export { parseSacct, sacctFormat, type SacctRow } from './parse/parse-sacct.ts';
export { parseSbatch, parseTestOnly, type SubmittedJob, type TestOnlyEstimate } from './parse/parse-sbatch.ts';
export { parseScontrolShowJob, type ScontrolJob } from './parse/parse-scontrol.ts';
export { parseSinfo, type SlurmPartition } from './parse/parse-sinfo.ts';
export { parseSlurmConfig, type SlurmConfig } from './parse/parse-slurm-config.ts';
export { parseSqueue, squeueFormat, type SqueueRow } from './parse/parse-squeue.ts';
export { parseEndTime, parseSlurmTime } from './parse/slurm-time.ts';
export type { CancelMode, JobObservation, JobSubmission, Scheduler, TestOnlyResult } from './scheduler.ts';
export { type Directive, parseDirectives } from './script/directive-line.ts';
export { formatSlurmDuration, parseSlurmDuration } from './script/duration.ts';
export { escapeFilenamePattern, expandFilenamePattern, type FilenameFacts } from './script/filename-pattern.ts';
export { type JobRuntime, type JobScriptPlan, renderJobScript } from './script/render-job-script.ts';
export type { GpuRequest, SbatchDirectives, SiteBend } from './script/sbatch-directives.ts';
export { type SlurmErrorCode, slurmErrorCodes } from './slurm-error.ts';
export { SHELL_SETTINGS, settingOf } from './classify/shell-settings.ts';
export type { SharedQueue } from './slurm/shared-queue.ts';
export type { SlurmSite } from './slurm/slurm-commands.ts';
export { type AssociationList, createSlurmInventory, type SlurmInventory } from './slurm/slurm-inventory.ts';
export { createSlurmScheduler, type SlurmSchedulerOptions } from './slurm/slurm-scheduler.ts';
export type { SubmitPolicy } from './slurm/submit-once.ts';
