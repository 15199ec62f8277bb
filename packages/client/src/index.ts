export { type BastionLink, type BastionLinkOptions, createBastionLink } from './bastion-link.ts';
export type { Fetch } from './channel-fetch.ts';
export type { Health } from './check-health.ts';
export { type ClientError, type ClientErrorCode, ControlAnswerError } from './client-error.ts';
export { connect, type ConnectOptions } from './connect.ts';
export type { Connection, ConnectionEvent, OpenAiOptions } from './connection.ts';
export { type ControlApi, type ControlApiDeps, createControlApi } from './control-api.ts';
export { openControlChannel } from './control-channel.ts';
export { type BastionRouteView, describeRoute } from './describe-route.ts';
export type { Deployment, DeploymentStatus, Endpoint } from './deployment.ts';
export { type DeploymentsEvent, list, type ListOptions, watch, type WatchOptions } from './deployments.ts';
export { EngineError, type EngineErrorCode } from './engine-error.ts';
export { isOpenToOthers } from './local-address.ts';
export { nearestNames } from './nearest-names.ts';
export type { CallOptions, OpenAiCalls } from './openai-calls.ts';
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
} from './openai-shapes.ts';
export type { SshTerminal } from '@fairlead/tunnel';
export { openSession, type Session, type SessionOptions } from './open-session.ts';
export { profilePath, readProfile, writeProfile } from './profile.ts';
export { checkGateLine } from './prove-bastion.ts';
export { routeFilePath } from './route-file.ts';
export { watchControl, type WatchDeps } from './watch.ts';
export { CodedError, isCodedError } from '@fairlead/kit';
