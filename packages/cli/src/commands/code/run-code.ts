// `fairlead code <name> [agent]`: starts a coding agent on a model, with a configuration that is gone when it ends.

import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { connect } from '@fairlead/client';
import { cacheDir } from '@fairlead/client/cache-dir';
import { CodedError } from '@fairlead/kit';

import { ensureHeldProfile } from '../../bastion/ensure-held-profile.ts';
import type { CliErrorCode } from '../../cli-error.ts';
import type { Context } from '../../context.ts';
import { sessionOptions } from '../../session-options.ts';
import { runChild, tellEnd } from '../exec.ts';
import { pickGateway } from '../member/pick-gateway.ts';
import { type CodeAgent, codeAgents, keyVariable } from './code-agents.ts';
import { openCodeFolder } from './code-folder.ts';

export interface CodeArgs {
  name: string;
  /** Absent: the first that is installed. */
  agent?: string | undefined;
  args: readonly string[];
  /** Tokens; absent: as the model says. */
  context?: number | undefined;
  gateway?: string | undefined;
}

interface Model {
  baseURL: string;
  apiKey: string;
  servedModel: string;
  contextTokens: number | undefined;
}

/** What is taken where neither the model nor the user says it. */
const usualContextTokens = 32_768;

export async function runCode(args: CodeArgs, context: Context): Promise<void> {
  const { name } = args;
  const agent = await pickAgent(args.agent, context);
  const gateway = await pickGateway(args.gateway, context);
  if (gateway) {
    context.output.busy(`asking ${gateway.name} for ${name}`);
    await using connection = await gateway.connect(name);
    return runAgent(agent, { ...connection, contextTokens: connection.model.max_model_len }, args, context);
  }
  await ensureHeldProfile(context);
  context.output.busy(`connecting to ${name}`);
  await using connection = await connect(name, {
    ...sessionOptions(context),
    port: 0,
    onEvent: (event) => tellEnd(name, event, context),
  });
  const { baseURL, apiKey, servedModel } = connection;
  const models = await connection.models({ signal: context.signal });
  const contextTokens = models.find(({ id }) => id === servedModel)?.max_model_len ?? undefined;
  await runAgent(agent, { baseURL, apiKey, servedModel, contextTokens }, args, context);
}

async function runAgent(agent: CodeAgent, model: Model, { args, context: asked }: CodeArgs, context: Context) {
  const { output, env } = context;
  output.close();
  const contextTokens = asked ?? model.contextTokens ?? usualContextTokens;
  if (asked === undefined && model.contextTokens === undefined)
    output.warn(
      `it is not known how long a request to ${model.servedModel} may be; taken for ${contextTokens} tokens, --context says another number`,
    );
  const setup = agent.configure({ baseURL: model.baseURL, model: model.servedModel, contextTokens });
  await using folder = await openCodeFolder(join(cacheDir(context), 'code'), setup.files, context);
  const kept = Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  const own = { ...setup.env(folder.path), [keyVariable]: model.apiKey };
  context.setExitCode(await runChild([agent.name, ...args], { ...kept, ...own }, context));
}

async function pickAgent(wanted: string | undefined, context: Context): Promise<CodeAgent> {
  const known = wanted === undefined ? codeAgents : codeAgents.filter(({ name }) => name === wanted);
  if (known.length === 0)
    throw new CodedError<CliErrorCode>(
      'usage',
      `cannot start ${wanted} because it is no coding agent that is known here`,
      {
        hint: `There are ${codeAgents.map(({ name }) => name).join(' and ')}; for others: fairlead exec <name> -- ${wanted}`,
      },
    );
  for (const agent of known) if (await isInstalled(agent.name, context)) return agent;
  const which = wanted ?? `a coding agent (${codeAgents.map(({ name }) => name).join(', ')})`;
  throw new CodedError<CliErrorCode>('command_not_found', `cannot start ${which} because it is not on PATH`, {
    hint: `Install it: ${known.map(({ install }) => install).join(', or ')}`,
  });
}

async function isInstalled(program: string, { env, platform }: Context): Promise<boolean> {
  const names = platform === 'win32' ? ['.exe', '.cmd'].map((end) => program + end) : [program];
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const path of folders.flatMap((folder) => names.map((name) => join(folder, name)))) {
    try {
      await access(path, constants.X_OK);
      return true;
    } catch {
      // Not there.
    }
  }
  return false;
}
