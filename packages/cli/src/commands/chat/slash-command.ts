// What a line that begins with a slash asks for. Pure.

export type SlashCommand =
  | { type: 'reset' | 'help' | 'quit' }
  | { type: 'system' | 'model' | 'save'; argument: string | undefined }
  | { type: 'unknown'; word: string };

export const slashHelp = `/reset           forget the conversation, keep the system prompt
/system [text]   set the system prompt; alone: show it
/model [name]    ask another of the served models; alone: list them
/save [file]     write the conversation as JSON
/help            this
/quit            end (as do Ctrl-D, and Ctrl-C twice)

A line that ends with \\ goes on in the next one; between """ and """ all lines are one turn.
Ctrl-C during an answer ends the answer. A blank before the slash makes it text.`;

/** Undefined: it is a turn for the model. */
export function parseSlashCommand(text: string): SlashCommand | undefined {
  const match = /^\/(\S*)\s*([^]*)$/.exec(text);
  if (!match) return undefined;
  const [, word = '', rest = ''] = match;
  const argument = rest.trim() || undefined;
  switch (word) {
    case 'reset':
    case 'help':
    case 'quit':
      return { type: word };
    case 'exit':
      return { type: 'quit' };
    case 'system':
    case 'model':
    case 'save':
      return { type: word, argument };
    default:
      return { type: 'unknown', word };
  }
}
