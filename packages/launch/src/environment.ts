// A door for the commands that prepare what a job will need on the cluster: the weights of a model, the engine's environment.

export { sizeOf } from './weights/explain-fetch-failure.ts';
export { prefetch, type PrefetchEvent } from './weights/prefetch.ts';
