// A door for the commands that prepare what a job will need on the cluster: the weights of a model, the engine's environment.

export { gigabytes } from './setup/plan-setup.ts';
export { setUp, type SetupEvent } from './setup/set-up.ts';
export { bytesText } from './weights/explain-fetch-failure.ts';
export { prefetch, type PrefetchEvent } from './weights/prefetch.ts';
