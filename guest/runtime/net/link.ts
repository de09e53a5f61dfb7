/**
 * Interfaces: rtnetlink(7), RTM_NEWLINK with struct ifinfomsg {family, type, index, flags, change}. A new network
 * namespace has one, "lo", number 1, and it is down: until it is up not even 127.0.0.1 answers.
 */
import { type NetlinkAttribute, putU32, text } from "./encode.ts";
import { type NetlinkRequest, NLM_F_CREATE, NLM_F_EXCL } from "./netlink.ts";

/** linux/rtnetlink.h, linux/if.h, linux/if_link.h */
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const IFF_UP = 1;
export const IFLA_ADDRESS = 1;
export const IFLA_IFNAME = 3;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;

/** The kernel gives it to the first interface of every network namespace. */
export const LOOPBACK_INDEX = 1;
/** And this to the next one: each namespace counts its own. */
export const SECOND_INDEX = 2;

/** What kind of interface is made, with the attributes of that kind. */
export interface NewLink {
  readonly name: string;
  readonly kind: string;
  readonly data?: readonly NetlinkAttribute[];
  /** Those that do not depend on the kind. */
  readonly more?: readonly NetlinkAttribute[];
}

/** `ip link add NAME up type KIND`: EEXIST when there is one of that name. */
export function addLinkRequest({ name, kind, data = [], more = [] }: NewLink): NetlinkRequest {
  const info: NetlinkAttribute[] = [text(IFLA_INFO_KIND, kind)];
  if (data.length > 0) info.push({ type: IFLA_INFO_DATA, value: data });
  return {
    type: RTM_NEWLINK,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    body: linkMessage(0, IFF_UP),
    attributes: [text(IFLA_IFNAME, name), ...more, { type: IFLA_LINKINFO, value: info }],
  };
}

/** `ip link set NAME type …`: `info` is what stands in IFLA_LINKINFO. ENODEV when it is not there. */
export function changeLinkRequest(name: string, info: readonly NetlinkAttribute[]): NetlinkRequest {
  return {
    type: RTM_NEWLINK,
    body: linkMessage(0, 0),
    attributes: [text(IFLA_IFNAME, name), { type: IFLA_LINKINFO, value: info }],
  };
}

/** `ip link set dev … up` */
export function linkUpRequest(index: number): NetlinkRequest {
  return { type: RTM_NEWLINK, body: linkMessage(index, IFF_UP) };
}

/** `ip link set dev … address …` */
export function setHardwareAddressRequest(index: number, address: Uint8Array): NetlinkRequest {
  return { type: RTM_NEWLINK, body: linkMessage(index, 0), attributes: [hardwareAddress(address)] };
}

/** `ip link del NAME`; of a veth pair both ends go. ENODEV when it is not there. */
export function deleteLinkRequest(name: string): NetlinkRequest {
  return { type: RTM_DELLINK, body: linkMessage(0, 0), attributes: [text(IFLA_IFNAME, name)] };
}

export function interfaceName(name: string): NetlinkAttribute {
  return text(IFLA_IFNAME, name);
}

/** Six bytes. */
export function hardwareAddress(address: Uint8Array): NetlinkAttribute {
  return { type: IFLA_ADDRESS, value: address };
}

/** struct ifinfomsg */
export function linkMessage(index: number, flags: number): Uint8Array {
  const body = new Uint8Array(16);
  putU32(body, 4, index);
  putU32(body, 8, flags);
  putU32(body, 12, flags);
  return body;
}

const DIGITS = "0123456789abcdef";

/** "02:42:ac:11:00:02" */
export function formatMac(bytes: Uint8Array): string {
  let text = "";
  for (let n = 0; n < bytes.length; n++) {
    const byte = bytes[n] ?? 0;
    text += `${n === 0 ? "" : ":"}${DIGITS[byte >> 4]}${DIGITS[byte & 15]}`;
  }
  return text;
}

/** Any of the usual ways to write one: ":" or "-" between bytes. */
export function parseMac(text: string): Uint8Array {
  return new Uint8Array(text.split(/[:-]/).map((byte) => Number.parseInt(byte, 16)));
}
