import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

/** The default bridge, seen from inside a container and from the machine. */
let vm: Vm;

const PAGE = "mkdir /www; hostname > /www/index.html; exec httpd -f -p 80 -h /www";

beforeAll(async () => {
  vm = await bootVm();
});

afterAll(async () => {
  await vm.stop();
});

/** A container that serves its own host name, with somebody listening when this returns. */
async function serve(name: string, options = ""): Promise<void> {
  await vm.sh(`docker run -d --name ${name} --hostname ${name} ${options} busybox sh -c '${PAGE}'`);
  await vm.sh(`until docker exec ${name} wget -qO- http://127.0.0.1/ 2>/dev/null; do :; done`);
}

async function field(name: string, template: string): Promise<string> {
  return (await vm.sh(`docker inspect --format '${template}' ${name}`)).trim();
}

const ADDRESS = "{{.NetworkSettings.IPAddress}}";

async function clean(): Promise<void> {
  await vm.sh('docker rm -f $(docker ps -aq) >/dev/null 2>&1; [ -z "$(docker ps -aq)" ]');
}

describe("a container on the default bridge", () => {
  afterAll(clean);

  test("has an address, a way out, and a cable to docker0", async () => {
    await serve("web");
    const address = await field("web", ADDRESS);
    expect(address).toBe("172.17.0.2");
    expect(await vm.sh("docker exec web ip -4 -o addr show eth0")).toContain(`inet ${address}/16 brd 172.17.255.255`);
    expect(await vm.sh("docker exec web ip route")).toContain("default via 172.17.0.1 dev eth0");
    expect(await vm.sh("docker exec web cat /sys/class/net/eth0/address")).toBe("02:42:ac:11:00:02\n");
    expect(await field("web", "{{.NetworkSettings.MacAddress}}")).toBe("02:42:ac:11:00:02");
    // The far end of the cable, by the number that the near one tells.
    const peer = (await vm.sh("docker exec web cat /sys/class/net/eth0/iflink")).trim();
    const cable = await vm.sh(`grep -l '^${peer}$' /sys/class/net/veth*/ifindex | cut -d/ -f5`);
    expect(await vm.sh(`readlink /sys/class/net/${cable.trim()}/master`)).toMatch(/docker0$/m);
  });

  test("is known to itself by name, and to nobody else", async () => {
    expect(await vm.sh("docker exec web cat /etc/hosts")).toMatch(/^172\.17\.0\.2\tweb$/m);
    expect(await vm.sh("docker exec web cat /etc/resolv.conf")).toContain("nameserver 8.8.8.8\n");
    const stranger = await vm.run("docker run --rm busybox grep web /etc/hosts");
    expect(stranger.status).toBe(1);
  });

  test("is reached by others and by the machine, and sees who calls", async () => {
    expect(await vm.sh("wget -qO- http://172.17.0.2/")).toBe("web\n");
    expect(await vm.sh("docker run --rm busybox wget -qO- http://172.17.0.2/")).toBe("web\n");
    expect(await vm.sh("docker run --rm busybox ping -c1 -W2 172.17.0.2")).toContain("1 packets received");
  });

  test("gives its address back: the next one gets it, those that run keep theirs", async () => {
    await vm.sh("docker run -d --name second busybox sleep 1000");
    expect(await field("second", ADDRESS)).toBe("172.17.0.3");
    await vm.sh("docker rm -f web");
    await vm.sh("docker run -d --name third busybox sleep 1000");
    expect(await field("third", ADDRESS)).toBe("172.17.0.2");
    expect(await field("second", ADDRESS)).toBe("172.17.0.3");
    await vm.sh("docker stop -t 0 second");
    expect(await field("second", "{{.NetworkSettings.IPAddress}}|{{.NetworkSettings.Networks.bridge.IPAddress}}")).toBe(
      "|",
    );
  });

  test("keeps its address and its rules when the engine is killed, and no other gets it", async () => {
    await serve("kept", "-p 8088:80");
    const address = await field("kept", ADDRESS);
    await vm.sh("kill -9 $(cat /run/docker.pid)");
    expect(await field("kept", ADDRESS)).toBe(address);
    await vm.sh("docker run -d --name late busybox sleep 1000");
    expect(await field("late", ADDRESS)).not.toBe(address);
    expect(await vm.sh("wget -qO- http://127.0.0.1:8088/")).toBe("kept\n");
    const taken = await vm.run("docker run --rm -p 8088:80 busybox true");
    expect(taken.stderr).toContain("Bind for 0.0.0.0:8088 failed: port is already allocated");
    await vm.sh("docker rm -f kept");
    expect((await vm.run("wget -T2 -qO- http://127.0.0.1:8088/")).status).toBe(1);
  });

  test("is told as connected before it starts, and as disconnected before its end is", async () => {
    const since = (await vm.sh("date +%s")).trim();
    await vm.sh("docker run --rm --name told busybox true");
    const events = `docker events --since ${since} --until $(($(date +%s) + 1)) --format '{{.Type}} {{.Action}}'`;
    expect((await vm.sh(events)).trim().split("\n").slice(-7)).toEqual([
      "container create",
      "container attach",
      "network connect",
      "container start",
      "network disconnect",
      "container die",
      "container destroy",
    ]);
  });

  test("may say its own hardware address", async () => {
    const mac = "02:aa:bb:cc:dd:ee";
    expect(await vm.sh(`docker run --rm --mac-address ${mac} busybox cat /sys/class/net/eth0/address`)).toBe(
      `${mac}\n`,
    );
  });
});

describe("a published port", () => {
  beforeAll(async () => {
    await serve("site", "-p 8080:80 -p 127.0.0.1:8081:80 -p 80");
    await serve("other");
  });
  afterAll(clean);

  test("is listed as Docker lists it", async () => {
    expect(await vm.sh("docker ps --filter name=site --format '{{.Ports}}'")).toBe(
      "0.0.0.0:8080->80/tcp, 0.0.0.0:32768->80/tcp, 127.0.0.1:8081->80/tcp\n",
    );
    expect(await vm.sh("docker port site 80")).toBe("0.0.0.0:8080\n0.0.0.0:32768\n127.0.0.1:8081\n");
  });

  test.each(["127.0.0.1:8080", "localhost:8080", "172.17.0.1:8080", "127.0.0.1:8081", "127.0.0.1:32768"])(
    "answers the machine at %s",
    async (where) => {
      expect(await vm.sh(`wget -T5 -qO- http://${where}/`)).toBe("site\n");
    },
  );

  test("answers another container, and its own: the way back leads through the machine", async () => {
    expect(await vm.sh("docker exec other wget -T5 -qO- http://172.17.0.1:8080/")).toBe("site\n");
    expect(await vm.sh("docker exec site wget -T5 -qO- http://172.17.0.1:8080/")).toBe("site\n");
  });

  test("on one address is not on another", async () => {
    expect((await vm.run("wget -T2 -qO- http://172.17.0.1:8081/")).status).toBe(1);
  });

  test("stands in the kernel's rules under the container's name, until it stops", async () => {
    const rules = "nft list map ip docker published";
    expect(await vm.sh(rules)).toMatch(/tcp \. 8080 comment "site" : 172\.17\.0\.\d+ \. 80/);
    await vm.sh("docker stop -t 0 site");
    expect(await vm.sh(rules)).not.toContain("site");
    await vm.sh("docker start site");
    expect(await vm.sh(rules)).toContain("site");
  });

  test("that a program of the machine has is refused, and the container is left as created", async () => {
    await vm.sh("httpd -p 9090");
    const refused = await vm.run("docker run --name taken -p 9090:80 busybox true");
    expect(refused.status).toBe(125);
    expect(refused.stderr).toMatch(
      /driver failed programming external connectivity on endpoint taken \([0-9a-f]{64}\): Error starting userland proxy: listen tcp4 0\.0\.0\.0:9090: bind: address already in use\.\n$/,
    );
    expect(await vm.sh("docker ps -a --filter name=taken --format '{{.Status}}'")).toBe("Created\n");
  });

  test("of UDP carries datagrams", async () => {
    await vm.sh("docker run -d --name udp -p 5353:53/udp busybox sh -c 'nc -u -l -p 53 > /got'");
    const heard = "docker exec udp cat /got";
    await vm.sh(`until ${heard} | grep -q datagram; do echo datagram | nc -u -w1 127.0.0.1 5353; done`, {
      timeout: 20_000,
    });
  });

  test("is not taken by what cannot have it", async () => {
    expect((await vm.run("docker run --rm --network none -p 1234:80 busybox true")).status).toBe(0);
    const shared = await vm.run("docker run --rm --network container:other -p 1234:80 busybox true");
    expect(shared.stderr).toContain("conflicting options: port publishing and the container type network mode");
    const host = await vm.run("docker run --rm --network host -p 1234:80 busybox true");
    expect(host.stderr).toContain("WARNING: Published ports are discarded when using host network mode");
    expect(host.status).toBe(0);
  });
});

describe("other networks", () => {
  afterAll(clean);

  test("none has a loopback and nothing else", async () => {
    expect(await vm.sh("docker run --rm --network none busybox ls /sys/class/net")).toBe("lo\n");
  });

  test("host is the machine's", async () => {
    expect(await vm.sh("docker run --rm --network host busybox ls /sys/class/net")).toContain("docker0\n");
  });

  test("container:NAME shares address, host name and hosts file", async () => {
    await serve("owner");
    const guest = "docker run --rm --network container:owner busybox";
    expect(await vm.sh(`${guest} wget -qO- http://127.0.0.1/`)).toBe("owner\n");
    expect(await vm.sh(`${guest} hostname`)).toBe("owner\n");
    expect(await vm.sh(`${guest} cat /etc/hosts`)).toMatch(/\towner$/m);
  });

  test("extra hosts stand in the file, host-gateway is docker0", async () => {
    const lines = await vm.sh(
      "docker run --rm --add-host db:10.1.2.3 --add-host up:host-gateway busybox cat /etc/hosts",
    );
    expect(lines).toContain("10.1.2.3\tdb\n172.17.0.1\tup\n172.17.0.");
  });

  test("what belongs to user-defined networks is refused", async () => {
    const cases: readonly (readonly [string, string])[] = [
      ["--network mine", "network mine not found"],
      ["--ip 172.17.0.99", "user specified IP address is supported on user defined networks only"],
    ];
    for (const [flag, words] of cases) {
      const result = await vm.run(`docker run --rm ${flag} busybox true`);
      expect([result.status, result.stderr]).toEqual([125, expect.stringContaining(words)]);
    }
  });
});

describe("when all is over", () => {
  test("nothing is left of twenty containers but the one namespace that waits", async () => {
    await vm.sh(
      "for i in $(seq 10); do docker run -d -p 80 --name n$i busybox sleep 1000; done; for i in $(seq 10); do docker run --rm busybox true; done",
    );
    await clean();
    await vm.sh('until [ "$(ls /run/docker/netns | wc -l)" = 1 ]; do :; done', { timeout: 10_000 });
    await vm.sh('until [ "$(ls -d /sys/class/net/veth* | wc -l)" = 1 ]; do :; done', { timeout: 10_000 });
    expect(await vm.sh("nft list map ip docker published")).not.toContain("comment");
    await vm.sh("docker run -d --name first busybox sleep 1000");
    expect(await field("first", ADDRESS)).toBe("172.17.0.2");
  });
});
