import type { SandboxLimits, SandboxTrial } from './sandbox.ts';

/** The settings of an operator for all sandboxes. */
export interface SandboxSettings {
  /** Directories put first in a step's PATH; if they are not of the system they are shown. */
  readonly hostPath: readonly string[];
  /** Further directories shown read-only. */
  readonly hostBinds: readonly string[];
  readonly limits: SandboxLimits;
}

/** What every sandbox gets by the settings; `doctor` and the executor try the drivers with it. */
export function everySandbox({ hostPath, hostBinds, limits }: SandboxSettings): SandboxTrial {
  return { binds: shownDirectories(hostPath, hostBinds), limits };
}

const ofUserland = /^\/(?:usr|bin|sbin|lib|lib32|lib64)(?:\/|$)/;

/** Whether a directory belongs to the machine's own userland, which every sandbox shows. */
export function isOfUserland(directory: string): boolean {
  return ofUserland.test(directory);
}

/** What the sandbox shows read-only: the binds, and what PATH names outside of the machine's own userland. */
function shownDirectories(
  hostPath: readonly string[],
  hostBinds: readonly string[],
): readonly string[] {
  const isShown = (dir: string) =>
    isOfUserland(dir) || hostBinds.some((bind) => dir === bind || dir.startsWith(`${bind}/`));
  return [...new Set([...hostBinds, ...hostPath.filter((dir) => !isShown(dir))])];
}
