// Makes an SSH account a bastion: installs gate, control and a Node, then writes the profile by which this machine knows it again.

import { ControlAnswerError, readProfile, writeProfile } from '@fairlead/client';
import { CodedError, type Secret } from '@fairlead/kit';
import { asList, defaults, type FairleadConfig } from '@fairlead/config';
import { type LaptopProfile, laptopProfile, protocolVersion } from '@fairlead/protocol';
import type { SshConnection, SshTarget } from '@fairlead/ssh';
import { z } from 'zod';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { expandHome, type Host, openSshHost } from '@fairlead/launch';
import { openRoutes } from '../ssh/open-routes.ts';
import { type Address, askAddresses } from './bastion-addresses.ts';
import { compareRoutes } from './compare-routes.ts';
import { proveControl } from './prove-control.ts';
import { controlCommand, type ControlPrograms, linkPrograms, putPrograms } from './put-programs.ts';
import { replaceControl } from './replace-control.ts';
import { type RunningGate, startControl } from './start-control.ts';

export interface PreparedBastion {
  host: string;
  stateDir: string;
  runDir: string;
  hostKey: string;
}

export interface PreparedRoutes {
  /** `ssh-ed25519 AAAA…` */
  hostKeyLine: string;
  /** Addresses at which other hosts may reach it, as the bastion itself says. */
  addresses: Address[];
}

/** Safe to run again: what is there and right is left alone; a running control of another version is replaced. */
export async function prepareBastion(
  config: FairleadConfig,
  profileFile: string,
  context: Context,
): Promise<PreparedBastion & PreparedRoutes> {
  const { bastion } = config;
  if (!bastion)
    throw new CodedError<CliErrorCode>(
      'config_invalid',
      'cannot prepare a bastion because bastion.fromLaptop is missing',
      { hint: 'Name it with --bastion.' },
    );
  const routes = asList(bastion.fromLaptop);
  const { connection, target, route, taken } = await openRoutes(routes, context);
  await using host = await openSshHost(connection, route.host);
  // Before anything is installed: where routes lead to two hosts, only a person can say which one is meant.
  await compareRoutes(routes, { connection, taken }, context);
  context.output.event(
    'bastion.reached',
    { host: host.facts.hostname, hostKey: connection.hostKey.fingerprint },
    `reached ${host.label} (${host.facts.hostname}, key ${connection.hostKey.fingerprint})`,
  );
  const stateDir = expandHome(bastion.stateDir ?? defaults.stateDir, host.facts.home);
  const programs = await putPrograms(host, stateDir, bastion, context);
  const { certificate } = await controlCommand(host, { stateDir, programs }, 'init', certificateFile);
  const isReplaced = programs.before !== undefined && programs.before !== programs.version;
  if (!isReplaced) await linkPrograms(host, stateDir, programs);
  const line = await startControl(connection, stateDir);
  if (bastion.runDir !== undefined && bastion.runDir !== line.run) sayOtherPlace(bastion.runDir, line, context);
  const place = { connection, target, host, stateDir, programs, context };
  const profile: LaptopProfile = {
    version: protocolVersion,
    bastion: {
      routes: [...routes],
      host: line.host,
      user: target.user,
      hostKeys: [`${connection.hostKey.type} ${connection.hostKey.base64}`],
      stateDir,
      runDir: line.run,
    },
    controlCertificate: certificate,
    ownerToken: (await tokenOf(profileFile, certificate)) ?? (await newToken(place)),
  };
  if (isReplaced) await replaceControl({ ...place, runDir: line.run, prove: () => proveControl(profile, context) });
  sayRunning(line, isReplaced, context);
  await writeProfile(profileFile, await proven(profile, place));
  return {
    host: line.host,
    stateDir,
    runDir: line.run,
    hostKey: connection.hostKey.fingerprint,
    hostKeyLine: `${connection.hostKey.type} ${connection.hostKey.base64}`,
    addresses: await askAddresses(host, context.signal),
  };
}

interface Place {
  connection: SshConnection;
  target: SshTarget;
  host: Host;
  stateDir: string;
  programs: ControlPrograms;
  context: Context;
}

const certificateFile = z.object({ certificate: z.string() });
const ownerToken = laptopProfile.pick({ ownerToken: true });

function sayRunning(line: RunningGate, isReplaced: boolean, { output }: Context): void {
  const was = isReplaced ? 'replaced' : line.control;
  const words = was === 'running' ? 'is running' : `was ${was}`;
  output.event('control.running', { run: line.run, was }, `control ${words} on ${line.host}; sockets in ${line.run}`);
}

function sayOtherPlace(wanted: string, { run }: RunningGate, { output }: Context): void {
  output.warn(
    `control goes on with its sockets in ${run}; it takes bastion.runDir (${wanted}) when it starts the next time: end it there (kill $(cat ${run}/control.pid)), then run \`fairlead init\` again`,
  );
}

/** The token this machine has, where it is for this control. */
async function tokenOf(profileFile: string, certificate: string): Promise<Secret | undefined> {
  try {
    const before = await readProfile(profileFile);
    return before.controlCertificate === certificate ? before.ownerToken : undefined;
  } catch (error) {
    // No profile, or one that others may read: both need a new token.
    if (error instanceof CodedError) return undefined;
    throw error;
  }
}

/** It comes over the user's own SSH login. */
async function newToken(place: Place): Promise<Secret> {
  return (await controlCommand(place.host, place, 'token', ownerToken)).ownerToken;
}

/** Replaces a token that control does not know any more: its list was lost, or the token was revoked. */
async function proven(profile: LaptopProfile, place: Place): Promise<LaptopProfile> {
  try {
    await proveControl(profile, place.context);
    return profile;
  } catch (error) {
    if (!(error instanceof ControlAnswerError) || error.wireCode !== 'unauthorized') throw error;
    place.context.output.warn("control does not know this machine's token any more; made a new one");
    const healed = { ...profile, ownerToken: await newToken(place) };
    await proveControl(healed, place.context);
    return healed;
  }
}
