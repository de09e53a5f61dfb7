import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchNft, installNft } from "../support/debian-nft.ts";
import { bootVm, type Vm } from "../support/vm.ts";

/** Rules as an engine would write them, and what else nft 1.1 can say in family ip. */
const RULES = `
table ip shop {
  comment "the shop's"
  set blocked { type ipv4_addr; flags interval; comment "bad"; elements = { 10.0.0.0/8, 192.168.1.1, 172.16.0.3-172.16.0.9 }; }
  set ports { type inet_service; elements = { 1,2,3,4,5,6,7,8,9,10,11,12,13 }; }
  set hosts { type ipv4_addr; elements = { 1.1.1.1 comment "x", 1.1.1.2, 1.1.1.3 }; }
  set ranges { type inet_service; flags interval; elements = { 10-20, 30 }; }
  set marks { type mark; elements = { 1,2,3 }; }
  set names { type ifname; elements = { "eth0", "eth1" }; }
  set pairs { type inet_proto . inet_service; elements = { tcp . 1, udp . 1, tcp . 4 }; }
  set seen { type ipv4_addr; size 100; flags dynamic,timeout; timeout 90s; }
  map published { type inet_service : ipv4_addr . inet_service; elements = { 8080 : 172.17.0.2 . 80, 8081 : 172.17.0.3 . 80 }; }
  map networks { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; flags interval
    elements = { 10.0.0.0/8 . tcp . 1-5 : 1.1.1.1 . 1, 1.2.3.4 . udp . 4 : 1.1.1.1 . 1 }; }
  map doors { type ifname : verdict; elements = { "eth0" : drop, "x" : jump other }; }
  chain prerouting { type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local tcp dport 8080 dnat to 172.17.0.2:80 comment "web → 80"
    dnat to tcp dport map @published
    dnat to ip daddr . meta l4proto . th dport map @networks
    dnat to ip daddr map { 1.1.1.1 : 2.2.2.2 }
    tcp dport 1 redirect to :8080
    udp dport 3 dnat to 10.0.0.1:30-40 persistent
  }
  chain output { type nat hook output priority -100; meta mark set meta mark or 0x1; }
  chain postrouting { type nat hook postrouting priority srcnat + 3; policy accept;
    ip saddr 172.17.0.0/16 oifname != "docker0" masquerade comment "bridge"
    ip saddr 172.17.0.2 ip daddr 172.17.0.2 tcp dport 80 masquerade random
    meta l4proto tcp masquerade to :1024-2048
    ip saddr 1.2.3.4 snat to 5.6.7.8
  }
  chain forward { type filter hook forward priority filter; policy drop;
    comment "between networks"
    ip saddr @blocked counter drop
    ct state established,related accept
    ct state vmap { established : accept, related : accept }
    iifname vmap @doors
    iifname "docker0" oifname "docker0" accept
    iifname "veth*" oifname { "a", "b" } jump other
    ip daddr != { 1.1.1.1, 10.0.0.0/8 } goto other
    tcp dport { 80, 443 } ct status dnat accept
    meta l4proto { tcp, udp } th dport { 1-4, 7 } reject
    ip daddr @hosts meta l4proto . th dport @pairs accept
    ip saddr 10.128.0.0/9 reject with icmp admin-prohibited
    ip saddr 10.1.2.3-10.1.2.9 ip protocol tcp reject with tcp reset
  }
  chain other {
    iif lo accept
    meta mark & 0xff == 0x1 return
    tcp flags & (syn|ack) == syn limit rate 10/second burst 5 packets
    udp dport 1000-2000 drop
    tcp dport != @ports drop
    icmp type echo-request continue
    ip protocol != tcp meta skuid 1000 drop
    ct original ip saddr 1.2.3.4 ct direction reply fib saddr . iif oif missing drop
  }
}
table ip asleep { flags dormant; }
`.replace(
  "    udp dport 1000-2000 tcp dport != @ports\n",
  "    udp dport 1000-2000 drop\n    tcp dport != @ports drop\n",
);

const fetched = await fetchNft();
const hint = fetched.kind === "here" ? "" : ` (skipped: Debian's packages cannot be fetched here: ${fetched.reason})`;

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});

afterAll(async () => {
  await vm.stop();
});

test("a network namespace without rules has nothing to list", async () => {
  expect(await vm.run("unshare -n nft list ruleset")).toMatchObject({ status: 0, stdout: "", stderr: "" });
});

test("nft says what it cannot do, and which table there is not", async () => {
  const { status, stderr } = await vm.run("nft add table ip mine");
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: "Error: this nft can only list; see nft --help\nadd table ip mine\n",
  });
  expect((await vm.run("nft list table ip nowhere")).stderr).toContain("No such file or directory");
  expect(await vm.sh("nft --help")).toContain("list ruleset [family]");
});

test("a container without CAP_NET_ADMIN is not told the rules", async () => {
  const { status, stderr } = await vm.run("docker run --rm --network host -v /usr:/usr:ro busybox nft list ruleset");
  expect({ status, stderr: stderr.split("\n")[0] }).toEqual({
    status: 1,
    stderr: "Error: Operation not permitted (you must be root)",
  });
});

describe.skipIf(fetched.kind === "missing")(`rules written by Debian's nft${hint}`, () => {
  beforeAll(async () => {
    if (fetched.kind === "missing") throw new Error(fetched.reason);
    await installNft(vm, fetched.folder);
    engines = [await vm.sh("nft list ruleset"), await vm.sh("nft.debian list ruleset")];
    await vm.put(new TextEncoder().encode(RULES), "/root/rules.nft");
    await vm.sh("nft.debian flush ruleset && nft.debian -f /root/rules.nft");
  });

  let engines: readonly string[] = [];

  test("the engine's own rules read the same in both", () => {
    expect(engines[0]).toBe(engines[1]);
    expect(engines[0]).toContain("masquerade");
  });

  test.each([
    "list ruleset",
    "-a list ruleset",
    "list tables",
    "list table shop",
    "list chain ip shop forward",
    "list set shop blocked",
    "list map ip shop published",
    "list ruleset ip",
  ])("`nft %s` prints the same, letter for letter", async (command) => {
    const expected = await vm.sh(`nft.debian ${command}`);
    expect(expected).toMatch(/shop/);
    expect(await vm.sh(`nft ${command}`)).toBe(expected);
  });

  test("what ours prints, Debian's reads again", async () => {
    const before = await vm.sh("nft.debian list ruleset");
    await vm.sh("nft list ruleset > /root/again.nft && nft.debian flush ruleset && nft.debian -f /root/again.nft");
    expect(await vm.sh("nft.debian list ruleset")).toBe(before);
  });
});
