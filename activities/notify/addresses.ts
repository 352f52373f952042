import { BlockList, isIP } from 'node:net';

/** Which addresses of networks are not of the internet: an endpoint there may be anything, and believe whoever is inside. */

/** As IANA's registries of special-purpose addresses have them, and multicast. */
const SPECIAL_IPV4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
];
const SPECIAL = listOf(SPECIAL_IPV4);
/** Whatever IPv6 has of the internet is in 2000::/3; in it are documentation, tunnels and protocols. */
const OF_INTERNET = listOf(['2000::/3']);
const SPECIAL_IPV6 = listOf(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/** Networks in CIDR notation. */
export type Networks = BlockList;

/** Of a network as text, such as `10.0.0.0/8` or `::1/128`; null where it is none. */
export function readNetwork(
  text: string,
): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | null {
  const [, address = '', prefix = ''] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0 || Number(prefix) > (family === 4 ? 32 : 128)) return null;
  return { address, prefix: Number(prefix), family: family === 4 ? 'ipv4' : 'ipv6' };
}

/** @throws RangeError for what is no network */
export function listOf(networks: readonly string[]): Networks {
  const list = new BlockList();
  for (const text of networks) {
    const network = readNetwork(text);
    if (network === null) throw new RangeError(`${text} is no network`);
    list.addSubnet(network.address, network.prefix, network.family);
  }
  return list;
}

/** An IPv4 address in an IPv6 one (`::ffff:10.0.0.1`) is looked at as the IPv4 address that it reaches. */
export function isOfInternet(address: string): boolean {
  if (isIP(address) === 4) return !SPECIAL.check(address);
  return OF_INTERNET.check(address, 'ipv6') && !SPECIAL_IPV6.check(address, 'ipv6');
}

export function isWithin(address: string, networks: Networks): boolean {
  return networks.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}
