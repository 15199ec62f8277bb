// Loaded by tests ahead of the command: a SIGWINCH is answered on descriptor 3. Of signals that wait, the lowest number
// goes first, and Node handles them in the order in which they came: all others have been dealt with by then.

import { writeSync } from 'node:fs';

process.on('SIGWINCH', () => writeSync(3, '.'));
