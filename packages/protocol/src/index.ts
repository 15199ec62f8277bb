export {
  type BastionSocketAddress,
  type EndpointAddress,
  endpointAddress,
  endpointRef,
  type EndpointRef,
  isBastionSocket,
} from './address.ts';
export { auditLine, type AuditLine } from './audit-line.ts';
export {
  boundedText,
  clampTime,
  count,
  messageLength,
  nameLength,
  nameList,
  shortenedText,
  timeLimitMs,
  timeMs,
} from './bounds.ts';
export {
  agentHello,
  type AgentHello,
  agentMessage,
  type AgentMessage,
  controlMessage,
  type ControlMessage,
  controlRefused,
  controlWelcome,
  type ControlWelcome,
  eventHappened,
  type EventHappened,
  eventRecorded,
  instanceDrain,
  instanceHeartbeat,
  instanceReported,
  type InstanceReported,
  instanceStop,
  logCancel,
  logChunk,
  logEnded,
  logGrant,
  logTail,
  orderAccepted,
} from './agent-link.ts';
export {
  accountError,
  accountLimits,
  createMemberKey,
  type CreateMemberKey,
  type GatewayModel,
  gatewayModelList,
  joined,
  type Joined,
  joinRequest,
  memberKey,
  type MemberKey,
  memberKeyList,
  newMemberKey,
  type NewMemberKey,
  ownUsage,
  type OwnUsage,
  rotatedMemberKey,
  type RotatedMemberKey,
  rotateMemberKey,
} from './gateway-api.ts';
export { gatewayPlace, type GatewayPlace } from './gateway-place.ts';
export { logSource, type LogSource } from './log-source.ts';
export {
  controlHello,
  type ControlHello,
  createDeployment,
  type CreateDeployment,
  createInstance,
  deploymentCreated,
  type DeploymentCreated,
  deploymentList,
  deploymentQuery,
  deploymentStopped,
  deploymentView,
  type DeploymentView,
  endpointList,
  endpointView,
  type EndpointView,
  eventList,
  eventQuery,
  type EventQuery,
  eventView,
  healthView,
  type EventView,
  instanceList,
  instanceQuery,
  instanceView,
  type InstanceView,
  jobObserved,
  type JobObserved,
  logLine,
  maxInstances,
  logQuery,
  stopMode,
  type StopMode,
  stopQuery,
} from './api.ts';
export {
  type Decoded,
  decodeText,
  decodeValue,
  encodeText,
  encodeValue,
  type Read,
  type Schema,
  type Written,
} from './codec.ts';
export { connectionFile, type ConnectionFile } from './connection-file.ts';
export { errorBody, type ErrorBody, wireErrors, type WireErrorCode } from './errors.ts';
export { gateLine, type GateLine } from './gate-line.ts';
export {
  deploymentName,
  firstGeneration,
  generation,
  instanceId,
  parseSocketName,
  restart,
  type SocketKind,
  socketName,
} from './ids.ts';
export {
  endCause,
  type EndCause,
  endCauseCode,
  type EndCauseCode,
  type InstanceRole,
  instanceRole,
  instanceState,
  type InstanceState,
  type InstanceStatus,
  isEnded,
  isServing,
  load,
  type Load,
  replica,
  startPhase,
  type StartPhase,
} from './instance.ts';
export { laptopProfile, type LaptopProfile, maxRoutes, sshRoute, type SshRoute } from './profile.ts';
export {
  bastionRoute,
  type BastionRoute,
  engineSpec,
  type EngineSpec,
  healthSpec,
  type HealthSpec,
  instanceSpec,
  type InstanceSpec,
  type InstanceSpecInput,
  loggingSpec,
  type LoggingSpec,
} from './spec.ts';
export { requestLine, type RequestLine } from './request-line.ts';
export { specDefaults } from './spec-defaults.ts';
export {
  ourVersions,
  pickVersion,
  protocolHistory,
  protocolOldest,
  protocolVersion,
  type VersionRange,
} from './version.ts';
export {
  deploymentChanged,
  eventAdded,
  watchMessage,
  type WatchMessage,
  watchQuery,
  watchResync,
  watchSnapshot,
} from './watch.ts';
export {
  leaderMessage,
  type LeaderMessage,
  type NodeFigures,
  nodeMessage,
  type NodeMessage,
  type PartReport,
} from './node-link.ts';
export { instanceNode, type InstanceNode, nodeList, type NodeProgress, nodeState, type NodeState } from './node.ts';
export { type EndpointChoice, pickEndpoint, type ReachableEndpoint } from './pick-endpoint.ts';
export { hasEnded, leadInstance } from './lead-instance.ts';
export { startTime, type StartTime, startTimes, type StartTimes } from './start-times.ts';
