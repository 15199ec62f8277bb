// Who is next, where more requests wait than can run: the team that has had the fewest tokens for its weight, in it the member that has had
// the fewest, of that member the oldest request. Start-time fair queueing in two levels (Goyal, Vin, Cheng 1996). Pure.

export interface Waiting {
  team: string;
  /** A team of weight 3 gets three times the tokens of one of weight 1. */
  weight: number;
  member: string;
  /** Requests of other models may run while those of this one cannot. */
  model: string;
  /** In tokens, as estimated. */
  cost: number;
}

/** What a member or a team has had, on the scale of its siblings. */
interface Flow {
  tag: number;
}

interface MemberFlow<Entry> extends Flow {
  waiting: Entry[];
}

interface TeamFlow<Entry> extends Flow {
  weight: number;
  /** The tag of the member that was served last: where a member begins who comes anew. */
  served: number;
  /** Requests that wait. */
  size: number;
  members: Map<string, MemberFlow<Entry>>;
}

export class FairQueue<Entry extends Waiting> {
  readonly #teams = new Map<string, TeamFlow<Entry>>();
  #served = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  waitingOf(team: string, member: string): number {
    return this.#teams.get(team)?.members.get(member)?.waiting.length ?? 0;
  }

  push(entry: Entry): void {
    this.#memberOf(entry).waiting.push(entry);
    this.#teams.get(entry.team)!.size += 1;
    this.#size += 1;
  }

  /** Whether it was waiting. */
  remove(entry: Entry): boolean {
    const team = this.#teams.get(entry.team);
    const member = team?.members.get(entry.member);
    const at = member?.waiting.indexOf(entry) ?? -1;
    if (!team || !member || at === -1) return false;
    member.waiting.splice(at, 1);
    team.size -= 1;
    this.#size -= 1;
    return true;
  }

  /** Takes out the next one whose model can run, and charges its cost. Undefined where there is none. */
  take(canRun: (model: string) => boolean): Entry | undefined {
    const runs = remembered(canRun);
    const runnable = (member: MemberFlow<Entry>) => member.waiting.find(({ model }) => runs(model));
    const team = least(this.#teams, ({ size, members }) => size > 0 && members.values().some(runnable));
    const member = team && least(team.members, runnable);
    const entry = member && runnable(member);
    if (!entry) return undefined;
    this.remove(entry);
    this.charge(entry);
    return entry;
  }

  /** Also for a request that need not wait: what it takes counts. */
  charge(entry: Pick<Waiting, 'team' | 'weight' | 'member' | 'cost'>): void {
    const member = this.#memberOf(entry);
    const team = this.#teams.get(entry.team)!;
    this.#served = Math.max(this.#served, team.tag);
    team.served = Math.max(team.served, member.tag);
    team.tag += entry.cost / team.weight;
    member.tag += entry.cost;
    this.#forget();
  }

  /** When it is over: what it took beyond its estimate, or less than it. */
  correct({ team: name, member: memberName }: Pick<Waiting, 'team' | 'member'>, tokens: number): void {
    const team = this.#teams.get(name);
    if (!team) return;
    team.tag += tokens / team.weight;
    const member = team.members.get(memberName);
    if (member) member.tag += tokens;
  }

  /** How many are ahead of it, at the least: of its own member, and one of each other member. 1: it is next. */
  placeOf(entry: Entry): number {
    const team = this.#teams.get(entry.team);
    const own = team?.members.get(entry.member)?.waiting.indexOf(entry) ?? -1;
    if (!team || own === -1) return 0;
    let others = 0;
    for (const other of this.#teams.values())
      for (const [name, { waiting }] of other.members)
        if (waiting.length > 0 && !(other === team && name === entry.member)) others += 1;
    return 1 + own + others;
  }

  /** No credit is saved up: a flow that comes anew begins where the others are. */
  #memberOf({ team: name, weight, member: memberName }: Omit<Waiting, 'model' | 'cost'>): MemberFlow<Entry> {
    let team = this.#teams.get(name);
    if (!team) this.#teams.set(name, (team = { tag: this.#served, weight, served: 0, size: 0, members: new Map() }));
    team.weight = weight;
    if (team.size === 0) team.tag = Math.max(team.tag, this.#served);
    let member = team.members.get(memberName);
    if (!member) team.members.set(memberName, (member = { tag: team.served, waiting: [] }));
    if (member.waiting.length === 0) member.tag = Math.max(member.tag, team.served);
    return member;
  }

  /** What is behind the others and waits for nothing would begin anew: nothing is lost with it. */
  #forget(): void {
    if (this.#teams.size < maxIdleTeams) return;
    for (const [name, team] of this.#teams) if (team.size === 0 && team.tag <= this.#served) this.#teams.delete(name);
  }
}

const maxIdleTeams = 1_000;

function least<F extends Flow>(flows: ReadonlyMap<string, F>, isCandidate: (flow: F) => unknown): F | undefined {
  let found: F | undefined;
  for (const flow of flows.values()) if ((!found || flow.tag < found.tag) && isCandidate(flow)) found = flow;
  return found;
}

function remembered(ask: (model: string) => boolean): (model: string) => boolean {
  const answers = new Map<string, boolean>();
  return (model) => {
    const known = answers.get(model) ?? ask(model);
    answers.set(model, known);
    return known;
  };
}
