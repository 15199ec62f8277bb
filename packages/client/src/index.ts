export { cacheDir } from './launching/cache-dir.ts';
export type { Fetch } from './openai/channel-fetch.ts';
export type { Health } from './check-health.ts';
export { type ClientError, type ClientErrorCode, ControlAnswerError } from './client-error.ts';
export { connect, type ConnectOptions } from './connect.ts';
export type { Connection, ConnectionEvent, OpenAiOptions } from './connection.ts';
export type { OutageEvent } from './paths/kept-mux.ts';
export { type ControlApi, type ControlApiDeps, createControlApi } from './control/control-api.ts';
export { type BastionRouteView, describeRoute } from './bastion/describe-route.ts';
export type {
  Deployment,
  DeploymentInstance,
  DeploymentNode,
  DeploymentStatus,
  Endpoint,
} from './control/deployment.ts';
export { type DeploymentsEvent, list, type ListOptions, watch, type WatchOptions } from './control/deployments.ts';
export { engineErrors, EngineError, type EngineErrorCode } from './openai/engine-error.ts';
export { deploy, type DeployEvent, type DeployOptions } from './launching/deploy.ts';
export type { LaunchOptions } from './launching/launch-options.ts';
export { logs, type LogsOptions } from './launching/logs.ts';
export { stop, type StopOptions } from './launching/stop.ts';
export { isOpenToOthers } from './local/local-address.ts';
export type { CallOptions, OpenAiCalls } from './openai/openai-calls.ts';
export type {
  ChatChoice,
  ChatChunk,
  ChatChunkChoice,
  ChatCompletion,
  ChatMessage,
  ChatRequest,
  Completion,
  CompletionRequest,
  EmbeddingRequest,
  Embeddings,
  FinishReason,
  Model,
  ToolCall,
  ToolCallDelta,
  Usage,
} from '@fairlead/openai-wire';
export type { SshTerminal } from '@fairlead/ssh';
export { pickReachable } from './control/find-endpoint.ts';
export { openSession, type Session, type SessionOptions } from './control/open-session.ts';
export { profilePath, readProfile, writeProfile } from './bastion/profile.ts';
export { configNote, routeNote } from './bastion/kept-notes.ts';
export { watchControl, type WatchDeps } from './control/watch.ts';
export { CodedError, isCodedError } from '@fairlead/kit';
