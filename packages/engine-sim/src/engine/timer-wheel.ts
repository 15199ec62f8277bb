// Many deadlines with one timer: groups jobs by millisecond; only the earliest millisecond has a Node timer.

export interface WheelJob {
  /** The wheel's own field while the job waits. */
  slotMs?: number | undefined;
}

export class TimerWheel<Job extends WheelJob> {
  readonly #slots = new Map<number, Set<Job>>();
  readonly #run: (due: Job[], nowMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #nextMs = Infinity;
  #turning = false;

  /** Calls `run` once with every job that is due; `run` may add a job again. */
  constructor(run: (due: Job[], nowMs: number) => void) {
    this.#run = run;
  }

  /** `dueMs` is on the monotonic clock (`performance.now()`), 0 for the next turn of the event loop. */
  add(job: Job, dueMs: number): void {
    this.remove(job);
    const slotMs = Math.ceil(dueMs);
    job.slotMs = slotMs;
    const slot = this.#slots.get(slotMs);
    if (slot) slot.add(job);
    else this.#slots.set(slotMs, new Set([job]));
    if (slotMs < this.#nextMs && !this.#turning) this.#arm(slotMs);
  }

  remove(job: Job): void {
    if (job.slotMs === undefined) return;
    const slot = this.#slots.get(job.slotMs);
    slot?.delete(job);
    if (slot?.size === 0) this.#slots.delete(job.slotMs);
    job.slotMs = undefined;
  }

  close(): void {
    this.#disarm();
    this.#slots.clear();
  }

  #arm(atMs: number): void {
    this.#disarm();
    this.#nextMs = atMs;
    const waitMs = atMs - performance.now();
    if (waitMs < 0.5) this.#immediate = setImmediate(() => this.#turn());
    else this.#timer = setTimeout(() => this.#turn(), waitMs);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
    this.#nextMs = Infinity;
  }

  #turn(): void {
    this.#disarm();
    const nowMs = performance.now();
    const due: Job[] = [];
    const dueSlots = [...this.#slots.keys()].filter((slotMs) => slotMs <= nowMs + 0.5);
    // More than one after a pause of the machine.
    for (const slotMs of dueSlots.sort((a, b) => a - b)) {
      const jobs = this.#slots.get(slotMs)!;
      this.#slots.delete(slotMs);
      for (const job of jobs) {
        job.slotMs = undefined;
        due.push(job);
      }
    }
    this.#turning = true;
    try {
      this.#run(due, nowMs);
    } finally {
      this.#turning = false;
    }
    let nextMs = Infinity;
    for (const slotMs of this.#slots.keys()) if (slotMs < nextMs) nextMs = slotMs;
    if (nextMs < Infinity) this.#arm(nextMs);
  }
}
