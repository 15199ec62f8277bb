// Whether control answers this machine: a hello over the pinned certificate, with the profile's token.

import { createBastionLink } from '@fairlead/carrier';
import { ControlAnswerError, createControlApi } from '@fairlead/client';
import { CodedError, errorText, isCodedError } from '@fairlead/kit';
import type { ControlHello, LaptopProfile } from '@fairlead/protocol';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { sessionOptions } from '../session-options.ts';

/** A control that was just started needs a moment until it listens. */
const proofTimeoutMs = 15_000;

/**
 * Tries until control answers or proofTimeoutMs are over. An answer that refuses (a token it does not know) is thrown
 * at once, as a ControlAnswerError: waiting would not change it.
 */
export async function proveControl(profile: LaptopProfile, context: Context): Promise<ControlHello> {
  await using link = createBastionLink({ ...sessionOptions(context), profile, env: context.env, home: context.home });
  using api = createControlApi({ openSocket: () => link.openControl(), ownerToken: profile.ownerToken });
  const untilMs = context.clock.monotonicMs() + proofTimeoutMs;
  for (;;) {
    try {
      return await api.hello(context.signal);
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof ControlAnswerError && error.status < 500) throw error;
      if (context.clock.monotonicMs() > untilMs) throw unproven(profile, error);
      await context.clock.sleep(100, context.signal);
    }
  }
}

function unproven(profile: LaptopProfile, error: unknown): CodedError<CliErrorCode> {
  return new CodedError(
    'control_start_failed',
    `cannot talk to control on ${profile.bastion.host} within ${proofTimeoutMs / 1000} s of its start: ${errorText(error)}`,
    { hint: `${hintOf(error)}Its log is ${profile.bastion.stateDir}/control.log there.`, cause: error },
  );
}

function hintOf(error: unknown): string {
  return isCodedError(error) && error.hint !== undefined ? `${error.hint} ` : '';
}
