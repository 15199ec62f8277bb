// The door to what is known of installed engines. Only the agent asks for it.

export { type EngineBuild, engineBuildErrorCodes, type EngineBuildKind } from './port/engine-build.ts';
export { engineBuilds } from './engine-builds.ts';
export { pythonCommand } from './port/python-command.ts';
