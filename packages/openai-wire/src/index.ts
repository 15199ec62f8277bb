export { createEventReader, type EventReader } from './event-reader.ts';
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
export { otherServerHint } from './other-server.ts';
export { type ErrorContent, readErrorBody, readErrorEvent } from './read-error.ts';
export { openAiError, type Refusal, type RefusalCode, refuse, renderRefusal } from './refusal.ts';
export { openAiRoutes } from './openai-routes.ts';
export {
  createRouteTable,
  modelPathPrefix,
  modelRoute,
  modelOf,
  pickRoute,
  type ApiRoute,
  type RoutePick,
  type RouteTable,
} from './routes.ts';
export { readUsage } from './usage.ts';
export { describeWrongPath, type WrongPath } from './wrong-path.ts';
export {
  fieldValue,
  type HeadLimits,
  headLimits,
  HeadParser,
  type HeadStep,
  type RequestHead,
} from './head/head-parser.ts';
export { type Framing, type Interpreted, interpretHead, isForwarded } from './head/interpret-head.ts';
export { type BodyScanner, bodyTooLarge, createBodyScanner } from './head/body-scanner.ts';
export { scanMembers, type ScannedMembers, type ValueRange } from './body/scan-members.ts';
export { type ApiError, type Dialect, dialectOf, errorBodyOf, errorEventOf } from './dialect.ts';
