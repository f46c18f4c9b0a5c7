export { unmetSettings, workingSettings } from './compare-settings.ts';
export type { Explanation, LayeredConfig } from './layers.ts';
export { findPipelineFile, inheritedEnvironment, loadConfig, pipelineFileName } from './load.ts';
export { allowsProcessDriver } from './process-driver.ts';
export { type Config, type SettingKey, settings } from './schema.ts';
export { findSettingKey, settingName } from './setting-keys.ts';
export { stepLimits } from './step-limits.ts';
export { programPath, systemPath } from './system-path.ts';
