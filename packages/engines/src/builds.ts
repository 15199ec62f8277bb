// The door to what is known of installed engines. The agent asks for it, and a launch before it queues a job.

export { type EngineBuild, engineBuildErrorCodes, type EngineBuildKind } from './port/engine-build.ts';
export { fitBeforeStart } from './fit-before-start.ts';
export { containEngine } from './container/contain-engine.ts';
export { engineBuilds } from './engine-builds.ts';
export { pythonCommand } from './port/python-command.ts';
