export { type BastionLink, type BastionLinkOptions, checkGateLine, createBastionLink } from './bastion-link.ts';
export { type ClientError, type ClientErrorCode, ControlAnswerError } from './client-error.ts';
export { connect, type Connection, type ConnectOptions, openSession, type Session } from './connect.ts';
export { type ControlApi, type ControlApiDeps, createControlApi } from './control-api.ts';
export { openControlChannel } from './control-channel.ts';
export {
  type EndpointFollower,
  type FollowDeps,
  followEndpoint,
  type FollowEvent,
  isEndedError,
} from './endpoint-follower.ts';
export { DEFAULT_PORT, type LocalPort, type LocalPortOptions, openLocalPort, type Path } from './local-port.ts';
export { profilePath, readProfile, writeProfile } from './profile.ts';
export { watchControl, type WatchDeps } from './watch.ts';
