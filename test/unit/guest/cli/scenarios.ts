/** Every command line whose golden output is kept. Recorded by `record.ts` from a real docker client. */
import { EXEC, frames, INSPECT, JOB, noSuchContainer, OLD, PUBLISHED, TOP, WEB } from "./engine-answers.ts";
import type { Route, Scenario } from "./scenario.ts";
import { created, inspected, MULTIPLEXED, omitting, output, over } from "./scenario-lines.ts";
import { COMPLETION_SCENARIOS } from "./scenarios-completion.ts";
import { LISTING_SCENARIOS } from "./scenarios-listing.ts";
import { RUN_SCENARIOS } from "./scenarios-run.ts";
import { SYSTEM_SCENARIOS } from "./scenarios-system.ts";
import { USAGE_SCENARIOS } from "./scenarios-usage.ts";

const pruned: readonly Route[] = [
  { request: "POST /containers/prune", body: { ContainersDeleted: [JOB, OLD], SpaceReclaimed: 12_345_678 } },
];

export const SCENARIOS: readonly Scenario[] = [
  ...USAGE_SCENARIOS,
  ...LISTING_SCENARIOS,
  ...RUN_SCENARIOS,
  ...SYSTEM_SCENARIOS,
  ...COMPLETION_SCENARIOS,
  ...over(
    [
      { request: "POST /containers/web/start", status: 204 },
      { request: "POST /containers/job/start", status: 304 },
      { request: "POST /containers/foo/start", ...noSuchContainer("foo") },
    ],
    ["start web", "start web job", "start foo", "start foo web bar", "start -a web job"],
  ),
  { name: "start-attached-missing", argv: ["start", "-a", "foo"], routes: inspected },
  ...over(
    [
      { request: "POST /containers/web/stop", status: 204 },
      { request: "POST /containers/job/stop", status: 304 },
      { request: "POST /containers/foo/stop", ...noSuchContainer("foo") },
      { request: "POST /containers/web/kill", status: 204 },
      { request: "POST /containers/foo/kill", ...noSuchContainer("foo") },
      { request: "POST /containers/web/pause", status: 204 },
      { request: "POST /containers/foo/pause", ...noSuchContainer("foo") },
      {
        request: "POST /containers/job/pause",
        status: 409,
        body: { message: `Container ${JOB} is already paused` },
      },
      { request: "POST /containers/web/unpause", status: 204 },
      { request: "POST /containers/job/unpause", status: 500, body: { message: `Container ${JOB} is not paused` } },
      { request: "DELETE /containers/web", status: 204 },
      { request: "DELETE /containers/foo", ...noSuchContainer("foo") },
      {
        request: "DELETE /containers/job",
        status: 409,
        body: { message: 'cannot remove container "/job": container is running' },
      },
    ],
    [
      "stop web",
      "stop -t 3 web job",
      "stop -s SIGINT -t 0 web",
      "stop foo web",
      "kill web",
      "kill -s HUP web",
      "kill foo web",
      "pause web",
      "pause web job foo",
      "unpause web",
      "unpause job web",
      "rm web",
      "rm -fv web",
      "rm -l web",
      "rm foo job web",
      "rm -f foo",
      "container remove web",
    ],
  ).map((scenario): Scenario => ({ ...scenario, unordered: true })),
  ...over(
    [
      { request: "POST /containers/web/rename", status: 204 },
      { request: "POST /containers/foo/rename", ...noSuchContainer("foo") },
    ],
    ["rename web shop", "rename foo bar", "rename web", "container rename web shop"],
  ),
  ...over(
    [
      { request: "POST /containers/web/restart", status: 204 },
      { request: "POST /containers/job/restart", status: 204 },
      {
        request: "POST /containers/foo/restart",
        status: 404,
        body: { message: "No such container: foo" },
      },
    ],
    ["restart web job", "restart -t 3 -s INT web", "restart foo web", "restart -t x web", "restart"],
  ),
  ...over(
    [
      { request: "POST /containers/web/update", body: { Warnings: null } },
      { request: "POST /containers/job/update", body: { Warnings: null } },
      { request: "POST /containers/foo/update", ...noSuchContainer("foo") },
    ],
    [
      "update web",
      "update",
      "update -m 64m --memory-swap 128m --memory-reservation 32m web job",
      "update --cpus 0.5 -c 512 --pids-limit 20 --blkio-weight 100 web",
      "update --cpu-period 100000 --cpu-quota 50000 --cpuset-cpus 0 --cpuset-mems 0 web",
      "update --pids-limit -1 --memory-swap -1 web",
      "update --pids-limit 0 web",
      "update --restart no foo web",
      "update --restart on-failure:3 web",
      "update --restart on-failure:x web",
      "update --memory x web",
      "update --cpus x web",
    ],
  ),
  ...over(
    [
      { request: "POST /containers/one/update", body: { Warnings: ["First warning.", "Second warning."] } },
      { request: "POST /containers/two/update", body: { Warnings: ["Third warning."] } },
      { request: "POST /containers/foo/update", ...noSuchContainer("foo") },
    ],
    ["update --restart no one foo two"],
  ),
  {
    name: "create-with-warnings",
    argv: ["create", "--memory-swappiness", "5", "busybox"],
    routes: [{ ...created, body: { Id: WEB, Warnings: ["First warning.", "Second warning."] } }],
  },
  ...over(
    [created],
    [
      "create --cpu-count 1 busybox",
      "create --cpu-percent 1 busybox",
      "create --io-maxbandwidth 5 busybox",
      "run --io-maxiops 5 busybox",
    ],
  ),
  { name: "rename-to-nothing", argv: ["rename", "web", " "], routes: [] },
  ...over(
    [
      { request: "GET /containers/web/top", body: TOP },
      { request: "GET /containers/foo/top", ...noSuchContainer("foo") },
    ],
    ["top web", "top web -o pid,comm", "container top web aux", "top foo", "top"],
  ),
  ...over(
    [
      { request: "GET /containers/web/export", bytes: Buffer.from("a tar"), type: "application/octet-stream" },
      { request: "GET /containers/foo/export", ...noSuchContainer("foo") },
    ],
    [
      "export web",
      "container export foo",
      "export",
      "export -o /no/such/folder/file web",
      "export --output /dev/null web",
    ],
  ),
  ...over(
    [
      { request: "GET /containers/foo/archive", ...noSuchContainer("foo") },
      { request: "HEAD /containers/foo/archive", status: 404 },
    ],
    [
      "cp foo:/etc /tmp",
      "cp -L foo:/etc /tmp",
      "cp foo:/etc /no/such/folder",
      "cp foo:/etc /dev/null",
      "cp foo:/etc bar:/etc",
      "cp /etc /tmp",
      "cp /no/such/file foo:/etc",
      "cp foo:/etc",
    ],
  ),
  {
    name: "cp-from-input",
    argv: ["cp", "-", "foo:/etc"],
    routes: [{ request: "HEAD /containers/foo/archive", status: 404 }],
  },
  { name: "cp-from-nothing", argv: ["cp", "", "foo:/etc"], routes: [] },
  { name: "cp-to-nothing", argv: ["cp", "foo:/etc", ""], routes: [] },
  ...over(pruned, [
    "container prune -f",
    "container prune --force --filter until=24h --filter label!=keep",
    "container prune --filter x",
    "container prune x",
  ]),
  { name: "container-prune-yes", argv: ["container", "prune"], routes: pruned, stdin: "Y\n" },
  { name: "container-prune-no", argv: ["container", "prune"], routes: pruned, stdin: "yes\n" },
  { name: "container-prune-no-answer", argv: ["container", "prune"], routes: pruned, stdin: "" },
  {
    name: "container-prune-nothing",
    argv: ["container", "prune", "-f"],
    routes: [{ request: "POST /containers/prune", body: { ContainersDeleted: null, SpaceReclaimed: 0 } }],
  },
  {
    name: "container-prune-refused",
    argv: ["container", "prune", "-f", "--filter", "foo=bar"],
    routes: [{ request: "POST /containers/prune", status: 400, body: { message: "invalid filter 'foo'" } }],
  },
  ...over(
    [
      {
        request: "GET /containers/web/changes",
        body: [
          { Path: "/etc", Kind: 0 },
          { Path: "/etc/new", Kind: 1 },
          { Path: "/etc/passwd", Kind: 2 },
        ],
      },
      { request: "GET /containers/job/changes", body: null },
      { request: "GET /containers/foo/changes", ...noSuchContainer("foo") },
    ],
    ["diff web", "container diff job", "diff foo", "diff", "diff a b"],
  ),
  ...over(
    [
      { request: "GET /containers/web/json", body: PUBLISHED },
      { request: "GET /containers/job/json", body: { ...INSPECT, NetworkSettings: { Ports: {} } } },
      { request: "GET /containers/foo/json", ...noSuchContainer("foo") },
    ],
    [
      "port web",
      "container port web",
      "port job",
      "port foo",
      "port web 80",
      "port web 443/tcp",
      "port web 53/udp",
      "port web 53",
      "port web x",
      "port web 70000",
      "port",
      "port a b c",
    ],
  ),
  ...over(
    [
      { request: "POST /containers/web/wait", body: { StatusCode: 137 } },
      { request: "POST /containers/foo/wait", ...noSuchContainer("foo") },
    ],
    ["wait web", "wait web foo"],
  ).map(omitting("requests")),
  ...over(
    [
      { request: "GET /containers/web/json", body: INSPECT },
      { request: "GET /containers/foo/json", ...noSuchContainer("foo") },
      { request: "GET /containers/foo/logs", ...noSuchContainer("foo") },
      { request: `GET /containers/${WEB}/logs`, bytes: output, type: MULTIPLEXED },
      { request: "GET /containers/web/logs", bytes: output, type: MULTIPLEXED },
    ],
    [
      "logs web",
      "logs -t --tail 5 web",
      "logs --details web",
      "logs -n 0 --since 2026-01-01T00:00:00Z --until 1767225600 web",
      "logs foo",
      "logs --since x web",
    ],
  ).map(omitting("requests")),
  ...over(
    [
      { request: "GET /containers/web/json", body: INSPECT },
      { request: "POST /containers/web/exec", status: 201, body: { Id: EXEC } },
      { request: `POST /exec/${EXEC}/start`, status: 101, bytes: output, type: MULTIPLEXED },
      { request: `GET /exec/${EXEC}/json`, body: { ID: EXEC, Running: false, ExitCode: 7, Pid: 0 } },
      { request: "GET /containers/foo/json", ...noSuchContainer("foo") },
      { request: "POST /containers/foo/exec", ...noSuchContainer("foo") },
    ],
    [
      "exec web ls -l",
      "exec -e A=1 -u 1 -w /tmp --privileged web env",
      "exec foo ls",
      "exec -i web cat",
      "exec --detach-keys x web ls",
    ],
  ).map(omitting("requests")),
  {
    name: "exec-detached",
    omit: ["requests"],
    argv: ["exec", "-d", "web", "sleep", "1"],
    routes: [
      { request: "GET /containers/web/json", body: INSPECT },
      { request: "POST /containers/web/exec", status: 201, body: { Id: EXEC } },
      { request: `POST /exec/${EXEC}/start`, status: 200 },
    ],
  },
  {
    name: "exec-not-running",
    omit: ["requests"],
    argv: ["exec", "web", "ls"],
    routes: [
      { request: "GET /containers/web/json", body: INSPECT },
      { request: "POST /containers/web/exec", status: 409, body: { message: `container ${WEB} is not running` } },
    ],
  },
  {
    name: "exec-cannot-execute",
    omit: ["requests"],
    argv: ["exec", "web", "nope"],
    routes: [
      { request: "GET /containers/web/json", body: INSPECT },
      { request: "POST /containers/web/exec", status: 201, body: { Id: EXEC } },
      {
        request: `POST /exec/${EXEC}/start`,
        status: 101,
        bytes: frames([2, 'OCI runtime exec failed: "nope": executable file not found in $PATH: unknown\r\n']),
        type: MULTIPLEXED,
      },
      { request: `GET /exec/${EXEC}/json`, body: { ID: EXEC, Running: false, ExitCode: 126, Pid: 0 } },
    ],
  },
  {
    name: "attach-running",
    omit: ["requests"],
    argv: ["attach", "--no-stdin", "web"],
    routes: [
      { request: "GET /containers/web/json", body: INSPECT },
      { request: "POST /containers/web/wait", body: { StatusCode: 5 } },
      { request: `POST /containers/${WEB}/wait`, body: { StatusCode: 5 } },
      { request: "POST /containers/web/attach", status: 101, bytes: output, type: MULTIPLEXED },
    ],
  },
  {
    name: "attach-stopped",
    omit: ["requests"],
    argv: ["attach", "web"],
    routes: [
      { request: "GET /containers/web/json", body: { ...INSPECT, State: { ...INSPECT.State, Running: false } } },
    ],
  },
  { name: "attach-missing", omit: ["requests"], argv: ["attach", "foo"], routes: inspected },
  ...over(
    [
      {
        request: "GET /events",
        bytes: Buffer.from(
          [
            {
              status: "create",
              id: WEB,
              from: "busybox",
              Type: "container",
              Action: "create",
              Actor: { ID: WEB, Attributes: { name: "web", image: "busybox" } },
              scope: "local",
              time: 1_767_225_600,
              timeNano: 1_767_225_600_123_456_800,
            },
            {
              status: "die",
              id: JOB,
              from: "busybox",
              Type: "container",
              Action: "die",
              Actor: { ID: JOB, Attributes: { exitCode: "0", image: "busybox", name: "job" } },
              scope: "local",
              time: 1_767_225_601,
              timeNano: 1_767_225_601_000_000_000,
            },
            {
              Type: "network",
              Action: "connect",
              Actor: { ID: OLD, Attributes: {} },
              scope: "local",
              time: 1_767_225_602,
              timeNano: 1_767_225_602_500_000_000,
            },
          ]
            .map((event) => `${JSON.stringify(event)}\n`)
            .join(""),
        ),
      },
    ],
    [
      "events --until 1",
      "events --filter type=container --since 1h --until 0s",
      "events --until 1 --format {{.Type}}:{{.Action}}:{{.Actor.Attributes.name}}",
      "events --until 1 --format json",
    ],
  ).map(omitting("requests")),
];
