// From what huggingface_hub threw to what a person should know and do. Pure.

import { CodedError } from '@fairlead/kit';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { FetchFailure } from './fetch-line.ts';

export interface FetchPlace {
  model: string;
  revision?: string | undefined;
  /** Of the host that downloads. */
  label: string;
  cache?: string | undefined;
  remainingBytes?: number | undefined;
  tokenFile?: string | undefined;
}

interface Verdict {
  code: LaunchErrorCode;
  why: string;
  hint: string;
}

const again = 'Run the same command again: files that are whole are not downloaded again.';

export function explainFetchFailure(failure: FetchFailure, place: FetchPlace): CodedError<LaunchErrorCode> {
  const { code, why, hint } = judge(failure, place);
  return new CodedError(code, `cannot download ${place.model} on ${place.label} because ${why}`, { hint });
}

function judge(failure: FetchFailure, place: FetchPlace): Verdict {
  return (
    roomVerdict(failure, place) ?? modelVerdict(failure, place) ?? hubVerdict(failure, place) ?? filesVerdict(failure)
  );
}

function roomVerdict({ names, errno, message }: FetchFailure, place: FetchPlace): Verdict | undefined {
  const { cache = 'the cache' } = place;
  const elsewhere = `Make room, or name a larger file system in the configuration: env: { HF_HOME: <scratch>/huggingface }. ${again}`;
  const has = (code: string, words: RegExp) => errno.includes(code) || words.test(message);
  if (names.includes('NoRoom')) {
    const needed = place.remainingBytes === undefined ? '' : `; ${bytesText(place.remainingBytes)} are needed`;
    return { code: 'disk_full', why: `${bytesText(Number(message))} are free in ${cache}${needed}`, hint: elsewhere };
  }
  if (has('EDQUOT', /Disk quota exceeded/i))
    return { code: 'disk_full', why: `your quota for ${cache} is used up`, hint: elsewhere };
  if (has('ENOSPC', /No space left on device/i))
    return { code: 'disk_full', why: `the disk of ${cache} is full`, hint: elsewhere };
  const unfit = ['EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'ENOENT'].some((one) => errno.includes(one));
  if (unfit) {
    const hint = 'Set HF_HOME in `env` of the cluster to a folder of your own.';
    return { code: 'remote_unfit', why: `${cache} cannot be written (${message.trim().split('\n')[0]})`, hint };
  }
  return undefined;
}

function modelVerdict({ names, status, hasToken }: FetchFailure, place: FetchPlace): Verdict | undefined {
  const page = `https://huggingface.co/${place.model}`;
  const giveToken = place.tokenFile
    ? `The token is read from ${place.tokenFile}.`
    : 'Put a token into a 0600 file on the cluster and name it as tokenFile, or pipe it in: `--token-stdin`.';
  const code = 'model_unavailable';
  if (names.includes('GatedRepoError')) {
    if (!hasToken)
      return { code, why: 'it is gated and no token was sent', hint: `Accept its licence at ${page}. ${giveToken}` };
    return {
      code,
      why: 'the account of this token may not download it: its licence is not accepted, or the token may not read gated models',
      hint: `Accept the licence at ${page} with the account of the token, and wait where its owners must agree. ${giveToken}`,
    };
  }
  if (names.includes('RevisionNotFoundError'))
    return {
      code,
      why: `it has no revision ${place.revision}`,
      hint: `Its branches and tags are at ${page}/tree/main.`,
    };
  if (names.includes('RepositoryNotFoundError') || names.includes('HFValidationError')) {
    const isPrivate = hasToken ? 'the token may not see it' : 'it is private and no token was sent';
    const hint = `Compare the name with ${page}; \`fairlead models\` lists what is known. ${giveToken}`;
    return { code, why: `Hugging Face knows no such model, or ${isPrivate}`, hint };
  }
  if (status === 401)
    return {
      code,
      why: 'Hugging Face refuses the token',
      hint: `Make a new one at https://huggingface.co/settings/tokens. ${giveToken}`,
    };
  if (names.includes('NoWeights'))
    return { code, why: 'it holds no weights that an engine can read', hint: `Look at its files: ${page}/tree/main.` };
  return undefined;
}

function hubVerdict({ names, status, message }: FetchFailure, place: FetchPlace): Verdict | undefined {
  const code = 'hub_unreachable';
  if (status === 429 || (status ?? 0) >= 500)
    return { code, why: `Hugging Face answers ${status}`, hint: `Wait some minutes. ${again}` };
  const isNetwork =
    /^(LocalEntryNotFoundError|OfflineModeIsEnabled|gaierror|NetworkError|ConnectionError|ConnectTimeout|TimeoutException|ProxyError|SSLError)$/;
  if (!names.some((name) => isNetwork.test(name))) return undefined;
  return {
    code,
    why: `it does not reach Hugging Face: ${message.trim().split('\n')[0]?.slice(0, 200)}`,
    hint: `If ${place.label} has no internet, name a host that has it and sees the same file system as \`transfer\` of the cluster; if it needs a proxy, set https_proxy in \`env\` or \`prologue\`. A mirror is named by HF_ENDPOINT. ${again}`,
  };
}

function filesVerdict({ names, message }: FetchFailure): Verdict {
  const said = message.trim().split('\n').slice(0, 3).join(' ').slice(0, 400);
  if (names.includes('WrongFiles'))
    return {
      code: 'weights_incomplete',
      why: `these files are not as Hugging Face has them: ${said}`,
      hint: `They were removed. ${again}`,
    };
  return { code: 'prefetch_failed', why: `huggingface_hub failed: ${said || names[0]}`, hint: again };
}

export function bytesText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.ceil(bytes / 1e3)} KB`;
}
