// Control's key and certificate, which its clients pin, and the secret from which instance tokens are derived.

import { hkdfSync, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CodedError, errnoOf } from '@fairlead/kit';

import type { ControlErrorCode } from '../control-error.ts';
import { createFile, ensurePrivateDir } from './state-dir.ts';

export interface Identity {
  /** PEM. */
  certificate: string;
  privateKey: string;
  /** Used only to derive instance tokens. */
  tokenSecret: Buffer;
}

/** The name in the certificate. Clients pin the certificate and do not resolve the name. */
const controlName = 'control';
const validYears = 30;

/** Makes the identity if there is none. Two simultaneous calls return the same one. */
export async function initIdentity(stateDir: string): Promise<Identity> {
  ensurePrivateDir(stateDir);
  const known = readIfThere(stateDir);
  if (known) return known;
  createFile(identityFile(stateDir), await makeIdentity());
  return readIdentity(stateDir);
}

export function readIdentity(stateDir: string): Identity {
  const identity = readIfThere(stateDir);
  if (identity) return identity;
  throw new CodedError<ControlErrorCode>('not_initialised', `cannot start because ${stateDir} holds no certificate`, {
    hint: `Run \`control init --state ${stateDir}\`, or \`fairlead init\` on the laptop.`,
  });
}

function identityFile(stateDir: string): string {
  return join(stateDir, 'identity.pem');
}

function readIfThere(stateDir: string): Identity | undefined {
  let text: string;
  try {
    text = readFileSync(identityFile(stateDir), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const block = (label: string) => new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`).exec(text)?.[0];
  const privateKey = block('PRIVATE KEY');
  const certificate = block('CERTIFICATE');
  if (!privateKey || !certificate)
    throw new CodedError<ControlErrorCode>('not_initialised', `cannot use ${identityFile(stateDir)}: it is damaged`, {
      hint: 'Restore it from a backup; with a new one every laptop needs `fairlead init` again and running jobs are cut off.',
    });
  const tokenSecret = Buffer.from(hkdfSync('sha256', privateKey, '', 'fairlead instance tokens v1', 32));
  return { certificate: `${certificate}\n`, privateKey, tokenSecret };
}

/** Imports the certificate library only here, so that `serve` does not load it. */
async function makeIdentity(): Promise<string> {
  // @peculiar/x509's container asks for it when it is imported.
  await import('reflect-metadata');
  const { X509CertificateGenerator, SubjectAlternativeNameExtension, cryptoProvider } = await import('@peculiar/x509');
  const crypto = webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0];
  cryptoProvider.set(crypto);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const notBefore = new Date(Date.now() - 24 * 60 * 60 * 1000);
  const notAfter = new Date(notBefore);
  notAfter.setFullYear(notAfter.getFullYear() + validYears);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${controlName}, O=Fairlead`,
    keys: keys as never,
    signingAlgorithm: algorithm,
    notBefore,
    notAfter,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: controlName }])],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = key.match(/.{1,64}/g)!.join('\n');
  return `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n${certificate.toString('pem')}\n`;
}
