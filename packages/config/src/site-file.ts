// Reads a site profile from the user's own file.

import { CodedError } from '@fairlead/kit';
import { siteProfile, type SiteProfile } from '@fairlead/planner';

import type { ConfigErrorCode } from './config-error.ts';
import { readConfigFile } from './config-sources.ts';
import { explainIssues } from './explain-issues.ts';

/** Throws `config_unreadable` if there is no such file, and `config_invalid` with the path of each wrong field. */
export async function readSiteFile(path: string): Promise<SiteProfile> {
  const file = await readConfigFile(path);
  if (!file) {
    throw new CodedError<ConfigErrorCode>('config_unreadable', `cannot read ${path} because there is no such file`, {
      hint: 'Name a site that `fairlead plan --help` lists, or the path of a site profile.',
    });
  }
  const decoded = siteProfile.safeParse(file.value);
  if (decoded.success) return decoded.data;
  const problems = explainIssues(decoded.error.issues, siteProfile);
  const because = problems.length === 1 ? problems[0] : `of ${problems.length} problems:\n  ${problems.join('\n  ')}`;
  throw new CodedError<ConfigErrorCode>('config_invalid', `cannot use ${path} because ${because}`, {
    hint: 'The format of a site profile is in docs/models.md.',
  });
}
