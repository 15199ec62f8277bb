// From `--site` to a profile and the setting that means it: a built-in profile, a file, or one of a catalogue (a folder or a Git URL).

import { copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';

import { readSite, readSiteFile, userConfigPath } from '@fairlead/config';
import { CodedError, errnoOf, errorText, nearestNames } from '@fairlead/kit';
import { builtInSites, type SiteProfile } from '@fairlead/planner';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { cacheDir } from '@fairlead/client/cache-dir';
import { cloneCatalogue, isGitUrl } from './clone-catalogue.ts';

export interface ChosenSite {
  /** For `site` of a cluster. */
  setting: string;
  profile: SiteProfile;
}

type Needs = Pick<Context, 'env' | 'home' | 'cwd' | 'output' | 'signal'> & { ask: Context['ask'] | undefined };

/**
 * `text`: a name, a path, or a Git URL; `#name` at its end names one profile of a catalogue. What comes from a repository is copied beside
 * the user's configuration, because a cache may be emptied.
 */
export async function chooseSite(text: string, needs: Needs): Promise<ChosenSite> {
  if (builtInSites.some(({ name }) => name === text))
    return { setting: text, profile: await readSite(text, needs.home) };
  const [, source = text, name] = /^(.*?)(?:#([^#]*))?$/.exec(text) ?? [];
  if (isGitUrl(source))
    return keepCopy(await profileIn(await cloneCatalogue(source, cacheDir(needs), needs), name, needs), needs);
  if (source === '') throw noProfile(text);
  const path = resolve(needs.cwd, source.startsWith('~/') ? join(needs.home, source.slice(2)) : source);
  const found = await ifThere(stat(path));
  if (found?.isDirectory()) return profileIn(path, name, needs);
  if (found || /[./\\]/.test(source)) return { setting: path, profile: await readSiteFile(path) };
  throw noProfile(text);
}

function noProfile(text: string): CodedError<CliErrorCode> {
  return new CodedError('usage', `cannot use --site ${text || '""'} because no profile has that name`, {
    hint: `Profiles: ${builtInSites.map((site) => site.name).join(', ')}. Others are named by a path or a Git URL: ./sites, https://git.example.org/sites.git#my-site`,
  });
}

const extensions = ['.yaml', '.yml', '.json'];

/** The profile of a catalogue: the files of its folder, and those of `sites` in it. */
async function profileIn(folder: string, name: string | undefined, { ask }: Needs): Promise<ChosenSite> {
  const files = [...(await profilesOf(folder)), ...(await profilesOf(join(folder, 'sites')))];
  const names = files.map((file) => nameOf(file));
  const [only, ...others] = files;
  const wanted = name ?? (only !== undefined && others.length === 0 ? nameOf(only) : await pickName(names, ask));
  const file = files.find((one) => nameOf(one) === wanted);
  if (file !== undefined) return { setting: file, profile: await readSiteFile(file) };
  const [near] = nearestNames(wanted ?? '', names);
  const why = wanted === undefined ? `it has ${names.length} profiles` : `it has no profile ${wanted}`;
  throw new CodedError<CliErrorCode>('usage', `cannot choose a site of ${folder} because ${why}`, {
    hint: `${near === undefined ? '' : `Did you mean ${near}? `}Profiles: ${names.join(', ') || 'none'}. Name one behind the path or URL: #${near ?? names[0] ?? 'name'}`,
  });
}

async function pickName(names: readonly string[], ask: Context['ask'] | undefined): Promise<string | undefined> {
  if (!ask || names.length === 0) return undefined;
  return ask.choose(
    'Which site?',
    names.map((name) => ({ value: name, label: name })),
  );
}

/** Regular files alone: a link of a repository may lead anywhere. */
async function profilesOf(folder: string): Promise<string[]> {
  const entries = (await ifThere(readdir(folder, { withFileTypes: true }))) ?? [];
  return entries
    .filter((entry) => entry.isFile() && extensions.includes(extname(entry.name)) && !entry.name.startsWith('.'))
    .map((entry) => join(folder, entry.name))
    .toSorted();
}

/** Undefined where nothing is at the path. Rejects with any other failure: what cannot be read may be there. */
async function ifThere<Found>(look: Promise<Found>): Promise<Found | undefined> {
  try {
    return await look;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw new CodedError<CliErrorCode>('site_unavailable', `cannot read site profiles: ${errorText(error)}`, {
      hint: 'Make the path readable for this account, or name another one.',
      cause: error,
    });
  }
}

function nameOf(file: string): string {
  return basename(file, extname(file));
}

async function keepCopy({ setting: file, profile }: ChosenSite, { env, home }: Needs): Promise<ChosenSite> {
  const kept = join(dirname(userConfigPath(env, home)), 'sites', `${profile.name}${extname(file)}`);
  await mkdir(dirname(kept), { recursive: true });
  await copyFile(file, kept);
  return { setting: kept, profile };
}
