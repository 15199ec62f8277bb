// The hosts of a testbed, their networks and addresses. Pure; everything else is built from this plan.

import { TestbedError } from './errors.ts';

/** Where the bastion is: a host of its own, or the login node (which then has another name inside than outside). */
export type Profile = 'separate' | 'login-is-bastion';
export const profiles: readonly Profile[] = ['separate', 'login-is-bastion'];

export type NetworkName = 'wan' | 'dmz' | 'int';

/** The router's address on each network. All networks are /24. */
export const gateways: Record<NetworkName, string> = {
  wan: '203.0.113.1',
  dmz: '198.51.100.1',
  int: '10.77.0.254',
};
export const clusterSubnet = '10.77.0.0/24';
/** The same with `ipv6Bastion`: networks are /64. */
export const gateways6: Record<NetworkName, string> = {
  wan: '2001:db8:1::1',
  dmz: '2001:db8:2::1',
  int: '2001:db8:3::fe',
};

export type Role = 'laptop' | 'bastion' | 'login' | 'ctl' | 'node';

export interface NetworkInterface {
  network: NetworkName;
  address: string;
  /** Only with `ipv6Bastion`. */
  address6?: string;
  /** Names of this address in every host's /etc/hosts. */
  names: readonly string[];
}

export interface PlannedHost {
  name: string;
  role: Role;
  /** Names the tree that is its /home; hosts with the same name share it. */
  home: 'laptop' | 'bastion' | 'cluster';
  /** The first interface carries the default route. */
  interfaces: readonly NetworkInterface[];
}

export interface Plan {
  profile: Profile;
  hosts: readonly PlannedHost[];
  /** The host that serves as the bastion in this profile. */
  bastion: PlannedHost;
  /** The bastion has only an IPv6 address. */
  ipv6Bastion: boolean;
}

export interface PlanOptions {
  /** Hosts that answer to the name `logins`, outside and inside; the first one is `login`. */
  logins?: number;
  ipv6Bastion?: boolean;
}

export const maxNodes = 64;
export const maxLogins = 4;

export function planHosts(profile: Profile, nodes: number, options: PlanOptions = {}): Plan {
  const { logins = 1, ipv6Bastion = false } = options;
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > maxNodes) {
    throw new TestbedError('bad_option', `cannot plan a cluster of ${nodes} nodes: 1 to ${maxNodes} are possible`);
  }
  if (!Number.isInteger(logins) || logins < 1 || logins > maxLogins) {
    throw new TestbedError('bad_option', `cannot plan ${logins} login hosts: 1 to ${maxLogins} are possible`);
  }
  const laptop: PlannedHost = {
    name: 'laptop',
    role: 'laptop',
    home: 'laptop',
    interfaces: [on('wan', '203.0.113.10', 'laptop')],
  };
  const bastion: PlannedHost = {
    name: 'bastion',
    role: 'bastion',
    home: 'bastion',
    interfaces: [on('dmz', '198.51.100.10', 'bastion')],
  };
  const [login, ...more] = Array.from({ length: logins }, (_, index) => loginHost(index + 1)) as [
    PlannedHost,
    ...PlannedHost[],
  ];
  const ctl: PlannedHost = { name: 'ctl', role: 'ctl', home: 'cluster', interfaces: [on('int', '10.77.0.2', 'ctl')] };
  const compute = Array.from({ length: nodes }, (_, index): PlannedHost => {
    const name = `node${index + 1}`;
    return { name, role: 'node', home: 'cluster', interfaces: [on('int', `10.77.0.${11 + index}`, name)] };
  });
  const hosts = [laptop, ...(profile === 'separate' ? [bastion] : []), login, ...more, ctl, ...compute];
  const plan = { profile, ipv6Bastion, bastion: profile === 'separate' ? bastion : login, hosts };
  return ipv6Bastion ? withIpv6(plan) : plan;
}

function withIpv6(plan: Plan): Plan {
  const add = (host: PlannedHost): PlannedHost => ({
    ...host,
    interfaces: host.interfaces.map((each) => ({
      ...each,
      address6: `${prefixOf(each)}${each.address.split('.').at(-1)}`,
    })),
  });
  const hosts = plan.hosts.map(add);
  return { ...plan, hosts, bastion: hosts.find((host) => host.name === plan.bastion.name)! };
}

function prefixOf({ network }: NetworkInterface): string {
  return gateways6[network].replace(/[^:]+$/, '');
}

/** The address by which other hosts know an interface: with `ipv6Bastion`, the bastion's IPv6 address. */
export function knownAddress(plan: Plan, host: PlannedHost, each: NetworkInterface): string {
  return plan.ipv6Bastion && host.name === plan.bastion.name ? each.address6! : each.address;
}

function loginHost(number: number): PlannedHost {
  const name = number === 1 ? 'login' : `login${number}`;
  const interfaces = [
    on('dmz', `198.51.100.${19 + number}`, name, 'logins'),
    on('int', `10.77.0.${2 + number}`, `${name}-int`, 'logins-int'),
  ];
  return { name, role: 'login', home: 'cluster', interfaces };
}

function on(network: NetworkName, address: string, ...names: string[]): NetworkInterface {
  return { network, address, names };
}

export function findHost(plan: Plan, name: string): PlannedHost {
  const host = plan.hosts.find((each) => each.name === name);
  if (host) return host;
  throw new TestbedError('unknown_host', `cannot find a host "${name}"`, {
    hint: `The hosts are ${plan.hosts.map((each) => each.name).join(', ')}.`,
  });
}

export function nodesOf(plan: Plan): PlannedHost[] {
  return plan.hosts.filter((host) => host.role === 'node');
}

export function addressesOf(host: PlannedHost): string[] {
  return host.interfaces.map((each) => each.address);
}

/** The name of the router's end of a host's link. Interface names are 15 bytes at most. */
export function linkName(host: PlannedHost, index: number): string {
  return host.interfaces.length === 1 ? host.name : `${host.name}-${index}`;
}
