// One output item of a response: a message or a function call.

import type { ToolCall } from '../answer/script.ts';

export function textPart(said: string, logprobs: unknown): unknown {
  return { annotations: [], text: said, type: 'output_text', logprobs };
}

export function messageItem(id: string, content: unknown[], status: string): unknown {
  return { id: `msg_${id}`, content, role: 'assistant', status, type: 'message', phase: null };
}

export function callItem(
  call: ToolCall,
  { id, callId, status }: { id: string; callId: string; status: string },
): unknown {
  return {
    arguments: call.arguments,
    call_id: `chatcmpl-tool-${callId}`,
    name: call.name,
    type: 'function_call',
    id: `fc_${id}`,
    async: null,
    caller: null,
    namespace: null,
    status,
  };
}
