// The program: takes over the signals before anything else is loaded, then runs.

import { catchSignals } from './catch-signals.ts';

const onSignal = catchSignals(process);
const { main } = await import('./run-main.ts');
process.exitCode = await main(process, onSignal);
process.exit();
