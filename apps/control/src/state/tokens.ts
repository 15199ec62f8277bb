// Makes tokens and checks presented ones. Only hashes are stored.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import { createSecret, Secret } from '@fairlead/kit';

export function createOwnerToken(): Secret {
  return createSecret('flo_');
}

export function createEnrolmentToken(): Secret {
  return createSecret('fle_');
}

export function hashToken(token: Secret): string {
  return createHash('sha256').update(token.reveal()).digest('hex');
}

export interface InstanceTokenOwner {
  instanceId: string;
  jobId: string;
  restart: number;
  processId: string;
}

/** Derived from what it is bound to: nothing is stored, and it is valid after a restart of control. */
export function deriveInstanceToken(secret: Buffer, owner: InstanceTokenOwner): Secret {
  const bound = JSON.stringify([owner.instanceId, owner.jobId, owner.restart, owner.processId]);
  return new Secret(`fli_${createHmac('sha256', secret).update(bound).digest('base64url')}`);
}

/** In constant time; lengths are hidden by hashing both. */
export function sameToken(a: Secret, b: Secret): boolean {
  return sameHash(hashToken(a), hashToken(b));
}

export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a, 'hex');
  const right = Buffer.from(b, 'hex');
  return left.length === right.length && timingSafeEqual(left, right);
}

/** From an Authorization header. Undefined if it holds no bearer token. */
export function readBearer(header: string | undefined): Secret | undefined {
  const token = /^Bearer +([\x21-\x7e]{8,512})$/i.exec(header ?? '')?.[1];
  return token === undefined ? undefined : new Secret(token);
}
