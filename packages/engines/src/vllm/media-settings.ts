// Decides which media a request may make vLLM fetch: none, unless the configuration allows it. Pure.

import type { OptionalArguments } from '../port/engine-kind.ts';
import { namesFlag } from '../port/flags.ts';

export interface MediaSettings {
  /** A vLLM that does not know the flag (before 0.11) starts without it. */
  optional: OptionalArguments | undefined;
  arguments: string[];
  env: Record<string, string>;
}

/** vLLM allows every host if its list is empty. No host has this name (RFC 6761). vLLM shows the list in its refusal, and so the name of the setting. */
export const noHost = 'none-see-mediaDomains-in-fairlead-yaml.invalid';

/** `given`: the arguments of preset and configuration. Flags in them override the settings. */
export function mediaSettings(
  { mediaDomains = [], mediaPath }: { mediaDomains?: string[] | undefined; mediaPath?: string | undefined },
  given: readonly string[],
): MediaSettings {
  const isOpen = mediaDomains.includes('*');
  const domains = mediaDomains.length === 0 ? [noHost] : mediaDomains.map((domain) => domain.toLowerCase());
  const isBounded = !isOpen && !namesFlag(given, '--allowed-media-domains');
  return {
    optional: isBounded
      ? {
          words: ['--allowed-media-domains', ...domains],
          without: 'a request may have it fetch any URL',
          hint: 'Use a newer vLLM: docs/security.md says what is open until then.',
        }
      : undefined,
    // Without the flag vLLM refuses every file.
    arguments:
      mediaPath === undefined || namesFlag(given, '--allowed-local-media-path')
        ? []
        : ['--allowed-local-media-path', mediaPath],
    // An allowed host could redirect vLLM to one that is not allowed.
    env: isOpen ? {} : { VLLM_MEDIA_URL_ALLOW_REDIRECTS: '0' },
  };
}
