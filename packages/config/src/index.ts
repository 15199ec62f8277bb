export { asList, type ClusterRoute } from './bastion-routes.ts';
export { type ConfigErrorCode } from './config-error.ts';
export { type ConfigPlace } from './config-place.ts';
export { changedSettings, leafPaths, parseSetting, parseYamlObject, readConfigFile } from './config-sources.ts';
export { defaults } from './defaults.ts';
export { contradictionsOf } from './contradictions.ts';
export {
  type BastionConfig,
  type ClusterConfig,
  type LoggingSettings,
  type EngineConfig,
  type FairleadConfig,
  fairleadConfig,
  type PresetConfig,
} from './fairlead-config.ts';
export { engineSettingsOf } from './engine-settings.ts';
export { hideSecrets, refuseSecretArguments } from './hide-secrets.ts';
export {
  checkConfig,
  loadConfig,
  type LoadedConfig,
  loadForCluster,
  type NamedCluster,
  pickCluster,
} from './load-config.ts';
export { builtInPresets, plannedEngine } from './presets.ts';
export { readProjectConfig, settingNames } from './project/project-config.ts';
export { freeSettings } from './project/project-settings.ts';
export { distrustFile, projectFilePath, trustFile } from './project/trust-file.ts';
export { trustedFilesPath } from './project/trusted-files.ts';
export { renderConfigurationPage } from './render-configuration-page.ts';
export { readSite, readSiteFile } from './site-file.ts';
export { type ConfigNotes, writeConfig } from './write-config.ts';
export { projectFile } from './project/project-file.ts';
export { userConfigPath } from './user-config-path.ts';
