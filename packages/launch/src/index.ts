export { clusterPaths, type ClusterPaths, jobDirOf } from './cluster-paths.ts';
export { type ControlSession } from './control-session.ts';
export { expandHome, type Host, type HostFacts, nodeMinimum } from './host/host.ts';
export { openLocalHost } from './host/local-host.ts';
export { openSshHost } from './host/ssh-host.ts';
export { type BastionLogin } from './job-key/bastion-login.ts';
export { dropUnusedJobKeys, removeJobKeysOf } from './job-key/drop-job-keys.ts';
export { ensureJobKey } from './job-key/ensure-job-key.ts';
export { jobKeyDirOf, keyDirName, readJobKeys } from './job-key/job-key-place.ts';
export { jobName, jobScript } from './job/job-files.ts';
export { observationFor } from './job/observe-job.ts';
export { routesForJobs } from './job/routes-for-jobs.ts';
export { stepCommand } from './job/step-command.ts';
export { testJob } from './job/submit-job.ts';
export { type LaunchErrorCode } from './launch-error.ts';
export { askCluster, type AskedFacts, askHub } from './plan/ask-for-facts.ts';
export { findImage, imageCure, type ImageFound } from './plan/check-image.ts';
export { type DeployRequest } from './plan/deploy-request.ts';
export { type DeploymentPlan, engineOf, type KnownFacts, planDeployment } from './plan/plan-deployment.ts';
export { priceOf } from './plan/price.ts';
export { eventsForCost, type Spent, spentUntil } from './job/spent.ts';
export { profileFacts, type SiteFacts, slurmFacts } from './plan/site-facts.ts';
export { findBundle } from './ship/bundles.ts';
export { findRuntime } from './ship/find-runtime.ts';
export { shipAgent, shipFile, type Shipped, shipRuntime } from './ship/ship.ts';
export { expandCluster } from './site/expand-cluster.ts';
export { schedulerOf } from './site/job-cluster.ts';
export { openSite, type Site } from './site/open-site.ts';
export { pollMs, slurmSite } from './site/slurm-site.ts';
export { follow } from './follow.ts';
export { launch, type LaunchRequest } from './launch.ts';
export { type LaunchDeps } from './launch-deps.ts';
export type {
  FollowEvent,
  LaunchEvent,
  LaunchPhase,
  PlannedDeployment,
  SizedDeployment,
  StopEvent,
  WorkEvent,
} from './launch-event.ts';
export { readLocalFiles } from './model-facts/folder-files.ts';
export { decodeFound, learnFromHub, recallModel } from './model-facts/learn-from-hub.ts';
export { type LogEvent, type LogNode, type LogRequest, readLog } from './logs/read-log.ts';
export type { LoginQuestions, LocalMachine, Run } from './machine.ts';
export { stopDeployment, type StopRequest } from './stop-deployment.ts';
export { endDeployment } from './job/end-deployment.ts';
