// Decodes one frame of an agent to a message, or to the reason why it cannot. Pure; never throws.

import {
  agentHello,
  type AgentMessage,
  agentMessage,
  decodeValue,
  pickVersion,
  type VersionRange,
  type WireErrorCode,
} from '@fairlead/protocol';
import { z } from 'zod';

export type AgentFrame =
  | { kind: 'message'; message: AgentMessage }
  /** Of a type that this version does not know. */
  | { kind: 'ignored'; type: string }
  | { kind: 'refused'; code: WireErrorCode; message: string; hint?: string };

const knownTypes: ReadonlySet<unknown> = new Set(agentMessage.options.map((option) => option.shape.type.value));
const nameLimit = 64;

/** The fields of a hello that are the same in every version of the protocol. */
const anyHello = z.object({
  protocol: agentHello.shape.protocol,
  agentVersion: z.string().catch('of unknown version'),
});

export function decodeAgentFrame(data: Buffer, isBinary: boolean, ours: VersionRange): AgentFrame {
  const value = isBinary ? undefined : parseJson(data);
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string')
    return refuse('bad_request', 'cannot read a message because it is no JSON object with a type');
  const { type } = value;
  if (!knownTypes.has(type)) return { kind: 'ignored', type: type.slice(0, nameLimit) };
  // The versions are compared first: another version may have changed the other fields.
  if (type === 'agent.hello') {
    const hello = decodeValue(anyHello, value);
    if (hello.ok && pickVersion(ours, hello.value.protocol) === undefined) return mismatch(hello.value, ours);
  }
  const decoded = decodeValue(agentMessage, value);
  if (decoded.ok) return { kind: 'message', message: decoded.value };
  const { path, message } = decoded;
  return refuse('bad_request', `cannot read ${type} because ${path.slice(0, nameLimit) || 'it'}: ${message}`);
}

function mismatch({ agentVersion, protocol }: z.output<typeof anyHello>, ours: VersionRange): AgentFrame {
  const agentIsOlder = protocol.max < ours.min;
  return {
    kind: 'refused',
    code: 'protocol_mismatch',
    message: `cannot talk because no protocol version is shared: control speaks ${ours.min} to ${ours.max}, agent ${agentVersion.slice(0, nameLimit)} ${protocol.min} to ${protocol.max}`,
    hint: agentIsOlder
      ? 'The agent is too old for this control: deploy again, which brings a newer agent.'
      : 'Control is too old for this agent: `fairlead upgrade` puts a newer one on the bastion; the agent then comes back by itself.',
  };
}

function refuse(code: WireErrorCode, message: string): AgentFrame {
  return { kind: 'refused', code, message };
}

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
