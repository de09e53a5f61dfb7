/** Scenarios of docker create, run and start -a. */
import { INSPECT, WEB } from "./engine-answers.ts";
import type { Route, Scenario } from "./scenario.ts";
import { created, life, MULTIPLEXED, nameOf, output, system } from "./scenario-lines.ts";

/** `docker run` lines of which only the request to create is of interest. */
const CREATE_LINES = [
  "busybox",
  "-it busybox",
  "-i busybox cat",
  "-a stdin -a stdout busybox",
  "--add-host six=[fd00::1] --add-host seven:[fd00::2] busybox",
  "-e A=1 busybox env",
  "--env HOME busybox env",
  "-e C= busybox env",
  "-e UNKNOWN busybox env",
  "-w /tmp -u 1000:1000 --hostname box --domainname example.org busybox",
  "-h box --entrypoint /bin/sh busybox -c ls",
  "--entrypoint= busybox",
  "-l a=b --label c -l d= busybox",
  "-v /srv2:/www2:ro -v /anonymous busybox",
  "-v /srv:/www busybox",
  "-v data:/data busybox",
  "--mount type=bind,source=/srv,target=/www,readonly busybox",
  "--mount type=bind,src=/srv,dst=/www,bind-propagation=rslave busybox",
  "--mount type=tmpfs,destination=/t,tmpfs-size=64m,tmpfs-mode=1770 busybox",
  "--mount type=volume,source=v,target=/v,volume-nocopy,volume-label=a=b,volume-driver=local busybox",
  "--mount target=/v busybox",
  '--mount type=bind,"source=/a,b","target=/x" busybox',
  "--tmpfs /t --tmpfs /u:size=64m,mode=1777 busybox",
  "--network none busybox",
  "--network host busybox",
  "--net container:web busybox",
  "--network name=mine,alias=a,ip=10.1.2.3 busybox",
  "--network mine --ip 10.1.2.3 --network-alias x busybox",
  "-p 8080:80 -p 127.0.0.1:53:53/udp -p 9000 busybox",
  "-p 8000-8002:80-82 busybox",
  "-p [::1]:80:80 busybox",
  "-P --expose 80 --expose 90-92/udp busybox",
  "--add-host db:10.0.0.1 --add-host=gw:host-gateway --dns 1.1.1.1 --dns-search example.org --dns-option ndots:1 busybox",
  "-m 64m --memory-swap 128m --memory-reservation 32m --memory-swappiness 10 busybox",
  "--memory-swap -1 -m 1g busybox",
  "--cpus 1.5 --cpuset-cpus 0 --cpuset-mems 0 -c 512 busybox",
  "--cpus 1e3 --cpuset-mems 0 busybox",
  "--cpus -1/2 busybox",
  "--cpu-period 100000 --cpu-quota 50000 --pids-limit 100 --blkio-weight 500 busybox",
  "--ulimit nofile=1024:2048 --ulimit core=-1 --ulimit nproc=10 busybox",
  "--oom-kill-disable --oom-score-adj 100 busybox",
  "--restart always busybox",
  "--restart on-failure:3 busybox",
  "--restart unless-stopped busybox",
  "--stop-signal SIGINT --stop-timeout 3 busybox",
  "--init --read-only --rm busybox",
  "--cap-add NET_ADMIN --cap-drop all --privileged busybox",
  "--security-opt no-new-privileges --security-opt seccomp=unconfined --security-opt apparmor=unconfined busybox",
  "--security-opt systempaths=unconfined busybox",
  "--device /dev/null --device /dev/zero:/dev/z:r busybox",
  "--device-cgroup-rule c,1:3,mr busybox",
  "--blkio-weight-device /dev/sda:200 busybox",
  "--sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=1 busybox",
  "--shm-size 128m --ipc host --pid host --uts host --userns host --cgroupns host busybox",
  "--ipc container:web --pid container:web --cgroupns private --cgroup-parent /x busybox",
  "--health-cmd true --health-interval 5s --health-timeout 1s --health-retries 2 --health-start-period 1m --health-start-interval 500ms busybox",
  "--no-healthcheck busybox",
  "--log-driver none busybox",
  "--log-driver json-file --log-opt max-size=1m --log-opt max-file=3 busybox",
  "--group-add 10 --group-add audio busybox",
  "--volumes-from web:ro --volume-driver local --storage-opt size=10G --runtime runc busybox",
  "--annotation a=b --isolation default --link web:w --mac-address 92:d0:c6:0a:29:33 busybox",
  "--gpus all busybox",
  "--name named busybox",
  "--platform linux/386 busybox",
  "--platform Linux/i386 busybox",
  "--platform linux/riscv64/X busybox",
  "busybox sh -c ls -la",
  "-- busybox ls",
  "-itd busybox",
  "-eA=1 busybox",
  "-e=B=2 busybox",
];

export const RUN_SCENARIOS: readonly Scenario[] = [
  ...CREATE_LINES.map((line) => ({
    name: `create-${nameOf(line)}`,
    argv: ["create", ...line.split(" ").map((word) => (word === "c,1:3,mr" ? "c 1:3 mr" : word))],
    routes: [created, ...system, { request: "GET /_ping", bytes: Buffer.from("OK") }],
    environ: { HOME: "/home/me" },
  })),
  { name: "create-pulls", argv: ["create", "foo"], routes: pulling([]) },
  { name: "run", argv: ["run", "busybox", "echo", "hi"], routes: life(0) },
  { name: "run-exit-3", argv: ["run", "--rm", "busybox", "false"], routes: life(3) },
  { name: "run-interactive", argv: ["run", "-i", "busybox", "cat"], routes: life(0), stdin: "typed\n" },
  {
    name: "run-detached",
    argv: ["run", "-d", "--name", "web", "busybox", "httpd"],
    routes: life(0),
    omit: ["requests"],
  },
  { name: "run-missing-image", argv: ["run", "foo"], routes: pulling([]) },
  { name: "run-quiet-missing-image", argv: ["run", "-q", "foo"], routes: pulling([]) },
  { name: "run-never-pull", argv: ["run", "--pull", "never", "foo"], routes: pulling([]) },
  { name: "run-missing-tag", argv: ["run", "example.org/a/b:1"], routes: pulling([]) },
  {
    name: "run-name-taken",
    argv: ["run", "--name", "web", "busybox"],
    routes: [
      {
        request: "POST /containers/create",
        status: 409,
        body: { message: 'Conflict. The container name "/web" is already in use by container "abc".' },
      },
    ],
  },
  {
    name: "run-cannot-start",
    argv: ["run", "busybox", "nope"],
    routes: failing('exec: "nope": executable file not found in $PATH: unknown'),
  },
  {
    name: "run-no-permission",
    argv: ["run", "busybox", "/etc/passwd"],
    routes: failing('exec: "/etc/passwd": permission denied: unknown'),
  },
  {
    name: "run-start-fails",
    argv: ["run", "-d", "busybox"],
    routes: failing("no space left on device"),
    omit: ["requests"],
  },
  {
    name: "run-warnings",
    argv: ["run", "-d", "busybox"],
    routes: [{ ...created, body: { Id: WEB, Warnings: ["one", "two"] } }, ...life(0)],
    omit: ["requests"],
  },
  {
    name: "start-attached",
    argv: ["start", "-a", "web"],
    routes: [
      { request: "GET /containers/web/json", body: INSPECT },
      { request: `POST /containers/${WEB}/attach`, status: 101, bytes: output, type: MULTIPLEXED },
      { request: `POST /containers/${WEB}/wait`, body: { StatusCode: 4 } },
      { request: `POST /containers/${WEB}/start`, status: 204 },
    ],
  },
];

function pulling(after: readonly Route[]): readonly Route[] {
  const missing = { message: "No such image: foo:latest" };
  return [
    { request: "POST /containers/create", status: 404, body: missing },
    {
      request: "POST /images/create",
      status: 404,
      body: { message: "pull access denied for foo, repository does not exist or may require 'docker login'" },
    },
    ...system,
    ...after,
  ];
}

function failing(message: string): readonly Route[] {
  return [
    created,
    { request: `POST /containers/${WEB}/attach`, status: 101, bytes: new Uint8Array(0), type: MULTIPLEXED },
    { request: `POST /containers/${WEB}/wait`, body: { StatusCode: 127 } },
    {
      request: `POST /containers/${WEB}/start`,
      status: 400,
      body: { message: `failed to create task for container: ${message}` },
    },
  ];
}
