export { openSsh } from './connection/open-ssh.ts';
export type { OpenSshOptions, SshConnection } from './connection/ssh-connection.ts';
export type { WaitOptions } from './connection/ssh-link.ts';
export { createEd25519KeyPair, type Ed25519KeyPair } from './ed25519-key.ts';
export { type HostKey, parseHostKeyLine } from './host-key/host-key.ts';
export { knowsHostKey } from './host-key/knows-host-key.ts';
export { joinStreams } from './join-streams.ts';
export { type JumpHost, jumpTarget } from './jump-target.ts';
export { createJobKey, type JobKey } from './job-key/create-job-key.ts';
export { editAuthorizedKeys, type EditedKeys, type KeysEdit } from './job-key/edit-authorized-keys.ts';
export {
  type InstalledJobKey,
  installJobKey,
  type InstallJobKeyOptions,
  proveJobLogin,
  removeJobKey,
  type RemoveJobKeyOptions,
} from './job-key/install-job-key.ts';
export { listJobKeyFiles } from './job-key/job-key-files.ts';
export { formatExpiryTime, type KeyLine, renderKeyLine } from './job-key/key-line.ts';
export type { Listening } from './listen-on-socket.ts';
export type { CommandExit } from './open-exec.ts';
export type { Gate } from './open-gate.ts';
export { resolveSshTarget } from './resolve-ssh-target.ts';
export type { ResolveDeps, SshDestination, SshDriver } from './ssh-destination.ts';
export type { CommandResult, RunOptions } from './run-command.ts';
export { releaseLock, takeLock } from './lock-script.ts';
export { type CommandHost, runScript, type ScriptOptions } from './run-script.ts';
export { askEachRoute } from './routes/ask-each-route.ts';
export { openFirstRoute, type OpenRoute, type NamedRoute, type RoutesOptions } from './routes/open-first-route.ts';
export { raceMachine } from './routes/race-table.ts';
export { createRouteMemory, type RouteMemory } from './routes/route-memory.ts';
export {
  describeAnswer,
  type RouteAnswer,
  routeName,
  type RouteTaken,
  whyTaken,
  wrongRoutes,
} from './routes/route-words.ts';
export { createSshRunner, type SshRunner, type SshRunnerOptions } from './ssh-runner.ts';
export { listSshHosts } from './ssh-config/list-hosts.ts';
export { sshVersion } from './system-ssh/run-ssh.ts';
export type { SshTerminal } from './system-ssh/system-login.ts';
export { type HostKeyPolicy, type HostKeyQuestion, type SshAuth, type SshTarget, targetLabel } from './ssh-target.ts';
export type { RemoteProcess } from './stream-command.ts';
export { streamScript } from './stream-script.ts';
export { type SshErrorCode, sshErrorCodes } from './ssh-error.ts';
export type { UploadOptions, UploadSource } from './upload-file.ts';
