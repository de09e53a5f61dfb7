/** Where the names come from that can be completed: what there is in the engine, in the environment, in the configuration. */
import type { ContainerSummary } from "../../api/contract/container.ts";
import type { ContainerChoice } from "../command.ts";
import { type Answer, beginnings, beginningsOrFiles, FILES, NOTHING, words } from "./answer.ts";
import type { Place, Question, Source } from "./question.ts";

export const nothing: Source = () => NOTHING;
export const files: Source = () => FILES;

export function oneOf(...texts: readonly string[]): Source {
  return () => words(texts);
}

/** With a trailing `=` or `:` as it is typed. */
export function beginningWith(...texts: readonly string[]): Source {
  return () => beginnings(texts);
}

const CHOICES: Readonly<Record<ContainerChoice, (container: ContainerSummary) => boolean>> = {
  all: () => true,
  alive: () => true,
  running: ({ State }) => State !== "paused",
  paused: ({ State }) => State === "paused",
  ended: ({ State }) => State === "exited" || State === "created",
};

/** As `docker ps` has them, or with those that ended. */
async function listNames({ place }: Question, choice: ContainerChoice): Promise<readonly string[]> {
  const all = choice === "all" || choice === "ended";
  const containers = await place.engine().listContainers(all ? { all } : {});
  const showIds = place.environ["DOCKER_COMPLETION_SHOW_CONTAINER_IDS"] === "yes";
  return containers
    .filter(CHOICES[choice])
    .flatMap(({ Id, Names }) => [...(showIds ? [Id] : []), ...Names.map((name) => name.replace(/^\//, ""))]);
}

export function containers(choice: ContainerChoice): Source {
  return async (question) => words(await listNames(question, choice));
}

export const images: Source = async ({ place }) => words(await listTags(place));

async function listTags(place: Place): Promise<readonly string[]> {
  const found = await place.engine().listImages();
  return found.flatMap(({ RepoTags }) => RepoTags ?? []);
}

/** Whatever `docker inspect` finds. */
export const objects: Source = async (question) => {
  const type = question.typed.options.text("type");
  const names = type === "image" ? [] : await listNames(question, "all");
  const tags = type === "container" ? [] : await listTags(question.place);
  return words([...names, ...tags]);
};

/** `web:` on the one side, a file of ours on the other. What is in the container is not looked up. */
export const copied: Source = async (question) => {
  const [source] = question.typed.args;
  if (question.word.includes(":")) return NOTHING;
  if (source?.includes(":") || /^[./~]/.test(question.word)) return FILES;
  const sides = (await listNames(question, "all")).map((name) => `${name}:`);
  return source === undefined ? beginningsOrFiles(sides) : beginnings(sides);
};

export const contexts: Source = ({ place }) => words(place.contexts());

/** Names only: the value of one that is given without is taken from here. */
export const variables: Source = ({ place }) => words(Object.keys(place.environ));

/** A mode, or `container:` and a name. */
export function modeOrContainer(...modes: readonly string[]): Source {
  return async (question) => {
    const prefix = "container:";
    if (question.word.startsWith(prefix)) {
      return words((await listNames(question, "alive")).map((name) => prefix + name));
    }
    return question.word !== "" && prefix.startsWith(question.word) ? beginnings([prefix]) : words([prefix, ...modes]);
  };
}

/** `none` is the engine's own, and in no list of plugins. */
export const logDrivers: Source = async ({ place }) => words([...(await place.engine().info()).Plugins.Log, "none"]);

/** `key=value`: keys first, then the values that are known for this key. */
export function pairs(values: Readonly<Record<string, Source>>): Source {
  return async (question) => {
    const equals = question.word.indexOf("=");
    if (equals < 0) return beginnings(Object.keys(values).map((key) => `${key}=`));
    const key = question.word.slice(0, equals);
    const source = Object.hasOwn(values, key) ? values[key] : undefined;
    return source === undefined
      ? NOTHING
      : prefixed(`${key}=`, await source({ ...question, word: question.word.slice(equals + 1) }));
  };
}

function prefixed(prefix: string, answer: Answer): Answer {
  return { ...answer, candidates: answer.candidates.map(({ text, ...rest }) => ({ ...rest, text: prefix + text })) };
}
