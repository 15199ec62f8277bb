// Decides where an engine keeps what it downloads and compiles, and its temporary files. Pure.
// A variable that is set already stays as it is.

/** Directories of an engine, by the variable that sets each. */
export const cacheVariables = [
  'HF_HOME',
  'HF_HUB_CACHE',
  'VLLM_CACHE_ROOT',
  'TRITON_CACHE_DIR',
  'TORCHINDUCTOR_CACHE_DIR',
  'FLASHINFER_WORKSPACE_BASE',
  'XDG_CACHE_HOME',
  'TMPDIR',
] as const;

export interface CachePlaces {
  /** `paths.cache` of the cluster: shared by its hosts, and large. */
  shared?: { path: string; isWritable: boolean } | undefined;
  /** A directory below `paths.scratch` in which this user alone can write. */
  local?: string | undefined;
  /** The agent's own node-local directory, which goes when the job ends. */
  directory: string;
}

/**
 * Models go to the shared place alone: a login host can fill it, and other nodes find them there. What is compiled goes to
 * the shared place, else to the local one. Without either, the engine uses its own default, which is below the home.
 */
export function placeCaches(
  { shared, local, directory }: CachePlaces,
  isSet: (name: string) => boolean,
): Record<string, string> {
  const compiled = shared?.isWritable === true ? shared.path : local;
  const placed: Record<string, string> = {
    ...(shared && { HF_HOME: `${shared.path}/huggingface` }),
    ...(compiled !== undefined && {
      VLLM_CACHE_ROOT: `${compiled}/vllm`,
      TRITON_CACHE_DIR: `${compiled}/triton`,
      TORCHINDUCTOR_CACHE_DIR: `${compiled}/torchinductor`,
      FLASHINFER_WORKSPACE_BASE: `${compiled}/flashinfer`,
    }),
    // Models lie below it too where HF_HOME is not set.
    ...(compiled !== undefined && (shared || isSet('HF_HOME')) && { XDG_CACHE_HOME: `${compiled}/xdg` }),
    TMPDIR: directory,
  };
  return Object.fromEntries(Object.entries(placed).filter(([name]) => !isSet(name)));
}
