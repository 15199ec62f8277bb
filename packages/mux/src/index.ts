export { dialMux, type DialledMux, type DialMuxOptions } from './driver/dial-mux.ts';
export { MuxSession, muxLimits, type MuxSessionOptions } from './driver/mux-session.ts';
export type { MuxLimits } from './core/mux-core.ts';
export type { MuxErrorCode } from './mux-error.ts';
export { sniffPreface } from './wire/sniff-preface.ts';
export { preface } from './wire/frame.ts';
