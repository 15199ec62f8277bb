// Reads the profile of a site: a built-in one, or the user's own file.

import { join } from 'node:path';

import { CodedError } from '@fairlead/kit';
import { builtInSites, siteProfile, type SiteProfile } from '@fairlead/planner';

import type { ConfigErrorCode } from './config-error.ts';
import { readConfigFile } from './config-sources.ts';
import { explainIssues, problemWords } from './explain-issues.ts';

/** The profile that the setting `site` means. Throws as `readSiteFile`. */
export async function readSite(site: string, home: string): Promise<SiteProfile> {
  const builtIn = builtInSites.find(({ name }) => name === site);
  return builtIn ?? readSiteFile(site.startsWith('~/') ? join(home, site.slice(2)) : site);
}

/** Throws `config_unreadable` if there is no such file, and `config_invalid` with the path of each wrong field. */
export async function readSiteFile(path: string): Promise<SiteProfile> {
  const file = await readConfigFile(path);
  if (!file) {
    throw new CodedError<ConfigErrorCode>('config_unreadable', `cannot read ${path} because there is no such file`, {
      hint: 'Name a site that `fairlead plan --help` lists, or the path of a site profile.',
    });
  }
  return siteProfileOf(file.value, path);
}

function siteProfileOf(value: unknown, path: string): SiteProfile {
  const decoded = siteProfile.safeParse(value);
  if (decoded.success) return decoded.data;
  const problems = explainIssues(decoded.error.issues, siteProfile);
  throw new CodedError<ConfigErrorCode>('config_invalid', `cannot use ${path} because ${problemWords(problems)}`, {
    hint: 'The format of a site profile is in docs/sites.md.',
  });
}
