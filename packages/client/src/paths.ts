// A door for consumers that find their instances by themselves: one mux to an endpoint, or a channel a request.

export { isSameSocket, type LivePaths, type PathEndpoint, trackPaths } from './paths/live-paths.ts';
export { createMuxPaths, type MuxPaths } from './paths/mux-paths.ts';
