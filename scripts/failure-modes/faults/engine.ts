import { type FoundFault, places } from '../failure-mode.ts';

const agent = 'apps/node-agent/src';
const end = `${agent}/engine/end-engine.test.ts`;
const slot = `${agent}/supervisor/engine-slot.test.ts`;
const supervisor = `${agent}/supervisor/supervisor.test.ts`;
const transition = `${agent}/supervisor/transition.test.ts`;
const prober = `${agent}/health/prober.test.ts`;
const rotating = `${agent}/engine/rotating-log.test.ts`;
const inside = 'packages/scheduler/src/inside';

export const engineFaults: readonly FoundFault[] = [
  {
    finding: 'metrics of an engine that is slow, huge or malformed',
    what: "the engine's metrics page hangs, has 20 MB, is an error page or claims to have metrics of the agent",
    seen: "the agent's own metrics, within 3 s, and `fairlead_engine_scrape_ok 0` or the number of lines that were left out",
    tests: places(
      [`${agent}/metrics/scrape.test.ts`, 'does not wait for an engine that hangs'],
      [`${agent}/metrics/scrape.test.ts`, 'leaves the engine out where its page %s'],
      ['packages/engines/src/prometheus/relabel-metrics.test.ts', 'relabelMetrics keeps its limit of samples'],
      [
        'packages/engines/src/prometheus/relabel-metrics.test.ts',
        'relabelMetrics leaves out what is no metric, and what claims to be ours',
      ],
    ),
  },
  {
    finding: 'a log of requests on a disk that is slow, full or gone',
    what: 'requests are logged and the file cannot be written',
    seen: 'nothing in the answers: lines are dropped, and the next line says how many bytes; agent.log says so once',
    tests: places(
      [`${agent}/request-log/request-log.test.ts`, 'loses lines, never a request, where the file cannot be written'],
      [`${agent}/request-log/request-log.test.ts`, 'keeps its limit of size, with one file before it'],
    ),
  },
  {
    finding: '13 proc-fds',
    what: 'the scan of /proc opens more files than the job may: the agent ends, or the agent reports a running engine as gone',
    seen: 'nothing: the agent opens 32 files at a time, or one if that is too many; it sends signals without waiting for a scan, and reports an engine as gone only after a scan has shown it',
    tests: places(
      [end, 'works where fewer files may be open than there are processes, and the spawn that finds none left says so'],
      [end, 'has SIGTERM and SIGKILL sent although no look works, to one that %s, and is not told before one does'],
      [end, 'does not wait for a look that blocks'],
      [end, 'names what does not die'],
      [slot, 'calls an engine gone only when its end has worked, however often that fails'],
      [transition, 'starts no engine beside one that does not die, and says so'],
      [
        'packages/scheduler/src/local/process-table.test.ts',
        'processes are listed where fewer files may be open than there are processes',
      ],
    ),
  },
  {
    finding: '13 (its kind)',
    what: 'a passing condition, or a listener that throws, ends the agent, one of its loops, or a healthy engine',
    seen: 'the agent tries again with back-off; the log says so once, with the number of attempts',
    tests: places(
      [supervisor, 'a supervisor starts and ends its engine also where %s throws'],
      [prober, 'says nothing of an engine that it cannot ask because of %s'],
      [prober, 'asks again where the accept queue is full for a moment, and calls the engine sick where it stays full'],
      [prober, 'goes on when what it tells throws'],
      [
        `${inside}/watch-deadline.test.ts`,
        'watchDeadline goes on when a turn throws, and tells again what a listener threw at',
      ],
      [`${inside}/ask-program.test.ts`, 'askProgram gives nothing for a program that %s'],
      [`${agent}/job/append-audit.test.ts`, 'keeps the lines of a disk that fails, in their order, and says so once'],
      [`${agent}/open-agent-log.test.ts`, 'ends nothing when it cannot be opened, and is opened when it can be'],
    ),
  },
  {
    finding: '17 rotating-log',
    what: '`engine.log` is never written again after a rotation on a full disk',
    seen: 'the log has the number of dropped bytes, and goes on when there is room',
    tests: places(
      [rotating, 'begins a new file where its name is missing, whatever took it'],
      [rotating, 'that cannot be opened counts what it drops, says so once, and goes on when it can be'],
    ),
  },
  {
    finding: '19 deadline-unlimited',
    what: 'the old deadline of a lifted time limit ends the instance',
    seen: 'the instance has no deadline any more, in `status` too',
    tests: places(
      [
        `${agent}/supervisor/supervisor.test.ts`,
        'a supervisor drains when the wall clock is at the alarm, wherever that jumps, and not at a deadline that was lifted',
      ],
      [
        'apps/control/src/faults/deadline.test.ts',
        'A deadline that an agent no longer reports is forgotten, also by a control that starts again',
      ],
    ),
  },
  {
    finding: '22 (spawn)',
    what: 'a failed spawn at a restart (no process left, a token file on a home that hangs) ends an instance that has served',
    seen: 'an event `engine.delayed` or `engine.spawn_failed`; the agent tries again',
    tests: places(
      [slot, 'tries a spawn again that failed at %s'],
      [slot, 'ends while a spawn waits, and starts nothing after that'],
      [
        transition,
        'tries a spawn again that fails at a restart of an instance that served, whatever failed, up to the crash limit',
      ],
    ),
  },
  {
    finding: '22 (node directory)',
    what: "in a scratch directory that is world-writable without the sticky bit, another user can replace the engine's socket",
    seen: 'the agent refuses the directory, reports its mode and the cure, and takes the next one',
    tests: places([
      `${agent}/job/open-node-directory.test.ts`,
      'openNodeDirectory refuses a place that others may rename it in (mode %o)',
    ]),
  },
  {
    finding: 'a bad GPU',
    what: 'a GPU of the node is broken, full, missing, or named in a way that the engine cannot read; nvidia-smi fails or does not answer',
    seen: '`gpu_unfit` with the name of the node, which the next deploy under the same name leaves out; names become indices; memory that is about to be free is waited for',
    tests: places(
      [`${agent}/gpu/check-gpus.test.ts`, 'refuses %s'],
      [`${agent}/gpu/check-gpus.test.ts`, 'sets indices in place of %s'],
      [
        `${agent}/gpu/check-gpus.test.ts`,
        'names the node whose driver fails, with the failure that the kernel reports',
      ],
      [`${agent}/gpu/check-gpus.test.ts`, 'waits for memory that becomes free, and gives up after half a minute'],
    ),
  },
  {
    finding: 'the prologue',
    what: 'a line of the prologue fails, or ends the shell',
    seen: '`prologue_failed` with that line; the job ends, and its log has what the line printed',
    tests: places([
      'packages/scheduler/src/script/render-job-script.test.ts',
      'starts the program with the first failed line of the prologue: %s',
    ]),
  },
  {
    finding: 'containers',
    what: 'an image that is missing, a program or a directory that it lacks, a Slurm without Pyxis',
    seen: '`image_missing` before anything is queued, else the line of the runtime with its cure; never tried again',
    tests: places([
      'infra/testbed/src/scenarios/engine/container.scenario.ts',
      'is refused once, with the cause and the cure: %s',
    ]),
  },
  {
    finding: 'caches',
    what: 'a directory of caches that may only be read, is not there, or that another user of the node has prepared',
    seen: 'compiled kernels go to the next place; models are read where they are',
    tests: places(
      [`${agent}/engine/open-caches.test.ts`, 'openCaches takes no directory that another user could have prepared'],
      [
        `${agent}/engine/open-caches.test.ts`,
        'openCaches makes a directory of the user alone on the node where the shared one cannot be used',
      ],
    ),
  },
  {
    finding: '22 (media)',
    what: 'a request can make a multimodal vLLM fetch URLs from the compute node',
    seen: '400, with the name of the setting that allows it',
    tests: places(
      [
        'packages/engines/src/vllm/media-settings.test.ts',
        'lets vLLM fetch nothing unless the configuration allows it',
      ],
      ['packages/engines/src/vllm/vllm.test.ts', 'vllm fetches no media unless the configuration allows it'],
      [
        `${agent}/agent.test.ts`,
        'starts an engine that does not know an optional flag again without it, and says what is open then',
      ],
    ),
  },
];
