/** Scenarios of `docker __complete`: where the real client knows something, ours knows the same. */
import { IMAGES } from "./engine-answers.ts";
import type { Route, Scenario } from "./scenario.ts";

const container = (name: string, State: string): object => ({ Id: name.padEnd(64, "0"), Names: [`/${name}`], State });

/** Whatever is asked for, all states are there: it is the client that chooses between them. */
const ROUTES: readonly Route[] = [
  {
    request: "GET /containers/json",
    body: [
      container("web", "running"),
      container("frozen", "paused"),
      container("job", "exited"),
      container("new", "created"),
      container("lost", "dead"),
    ],
  },
  { request: "GET /images/json", body: [...IMAGES, { Id: `sha256:${"3".repeat(64)}`, RepoTags: null }] },
];

/** The last word is what is typed of it, and may be empty: `stop ` ends with a word of no letters. */
function typed(line: string, more: Partial<Scenario> = {}): Scenario {
  const words = line.replace(/-$/, "-flags").replace(/ $/, " argument");
  const name = words.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-/, "");
  return { name: `complete-${name}`, argv: ["__complete", ...line.split(" ")], routes: ROUTES, ...more };
}

const COMMANDS = ["ru", "container r", "system ", "container st", "foo", "he", "-D ru", "--debug sto"];
const FLAGS = [
  ...[
    "run --mem",
    "run --rm --rea",
    "ps -",
    "ps -a --la",
    "-",
    "--con",
    "stop web -",
    "exec --d",
    "run -it",
    "logs --t",
  ],
  ...["container -", "rm -", "context create --d"],
];
const CONTAINERS = [
  ...[
    "attach ",
    "diff ",
    "exec ",
    "export ",
    "kill ",
    "logs ",
    "pause ",
    "port ",
    "rename ",
    "restart ",
    "rm ",
    "start ",
  ],
  ...["stats ", "stop ", "top ", "unpause ", "update ", "wait ", "container inspect ", "container stop "],
];
const OTHERS = [
  ...["run ", "create ", "run --rm ", "--log-level ", "-l ", "ps ", "version ", "info ", "system df "],
  ...["container prune ", "context show ", "run --env-file "],
];

export const COMPLETION_SCENARIOS: readonly Scenario[] = [
  ...[...COMMANDS, ...FLAGS, ...CONTAINERS, ...OTHERS].map((line) => typed(line)),
  { name: "complete-run-dashes", argv: ["__complete", "run", "--", ""], routes: ROUTES },
  { name: "complete-nothing", argv: ["__complete"], routes: [] },
  { name: "complete-without-descriptions", argv: ["__completeNoDesc", "container", "r"], routes: [] },
  {
    name: "complete-with-ids",
    argv: ["__complete", "start", ""],
    routes: ROUTES,
    environ: { DOCKER_COMPLETION_SHOW_CONTAINER_IDS: "yes" },
  },
  {
    name: "complete-refused",
    argv: ["__complete", "stop", ""],
    routes: [{ request: "GET /containers/json", status: 500, body: { message: "no" } }],
  },
];
