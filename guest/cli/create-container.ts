/** POST /containers/create, with what stands around it: the image is pulled when it is missing, the id is written down. */
import type { ContainerCreateRequest } from "../api/contract/container.ts";
import { describeFileError } from "./args/key-value.ts";
import { normalizePlatform } from "./args/platform.ts";
import { BadReference, parseReference, type Reference } from "./args/reference.ts";
import type { Cli } from "./cli.ts";
import { ExitError, type Invocation } from "./command.ts";
import { describeError, isNotFound } from "./errors.ts";
import { pullImage } from "./pull.ts";

const REFUSED = 125;

/** `docker: MESSAGE.` and where to read on, exit code 125. */
export async function refuseRun<T>(name: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new ExitError(REFUSED, `${formatRefusal(error)}\nSee 'docker ${name} --help'.`);
  }
}

export function formatRefusal(error: unknown): string {
  const message = describeError(error);
  return `docker: ${message}${message.endsWith(".") && !message.endsWith("?.") ? "" : "."}`;
}

export function checkPullPolicy({ options }: Invocation): void {
  const policy = options.text("pull", "missing");
  if (policy === "missing" || policy === "always" || policy === "never") return;
  throw new ExitError(REFUSED, `invalid pull option: '${policy}': must be one of "always", "missing" or "never"`);
}

/** Gives the id. */
export async function createContainer(invocation: Invocation, request: ContainerCreateRequest): Promise<string> {
  const { cli, options } = invocation;
  const policy = options.text("pull", "missing");
  const cidfile = options.text("cidfile");
  checkCidFile(cli, cidfile);
  warnAbout(cli, request);
  const reference = readImage(request.Image ?? "");
  const pull = { quiet: options.on("quiet"), platform: options.text("platform") };
  if (policy === "always" && reference !== null) await pullImage(cli, reference, pull);
  const response = await createOrPull(invocation, request, {
    reference: policy === "missing" ? reference : null,
    pull,
  });
  for (const warning of response.Warnings) cli.printError(`WARNING: ${warning}\n`);
  if (cidfile !== "") writeCidFile(cli, cidfile, response.Id);
  return response.Id;
}

async function createOrPull(
  { cli, options }: Invocation,
  request: ContainerCreateRequest,
  missing: {
    readonly reference: Reference | null;
    readonly pull: { readonly quiet: boolean; readonly platform: string };
  },
): ReturnType<Cli["client"]["createContainer"]> {
  const name = options.text("name");
  const platform = normalizePlatform(options.text("platform"));
  const query = { ...(name === "" ? {} : { name }), ...(platform === "" ? {} : { platform }) };
  try {
    return await cli.client.createContainer(request, query);
  } catch (error) {
    if (!isNotFound(error) || missing.reference === null) throw error;
  }
  if (!missing.pull.quiet) cli.printError(`Unable to find image '${missing.reference.familiar}' locally\n`);
  await pullImage(cli, missing.reference, missing.pull);
  return cli.client.createContainer(request, query);
}

function warnAbout(cli: Cli, { HostConfig: host }: ContainerCreateRequest): void {
  if (host?.OomKillDisable !== true || (host.Memory ?? 0) > 0) return;
  cli.printError(
    "WARNING: Disabling the OOM killer on containers without setting a '-m/--memory' limit may be dangerous.\n",
  );
}

/** null for an image id: there is nothing to pull. */
function readImage(image: string): Reference | null {
  try {
    return parseReference(image);
  } catch (error) {
    if (!(error instanceof BadReference)) throw error;
    if (error.message.startsWith("invalid repository name")) return null;
    throw new ExitError(REFUSED, error.message);
  }
}

function checkCidFile(cli: Cli, path: string): void {
  if (path === "" || !cli.sys.exists(path)) return;
  throw new ExitError(
    REFUSED,
    `container ID file found, make sure the other container isn't running or delete ${path}`,
  );
}

function writeCidFile(cli: Cli, path: string, id: string): void {
  try {
    cli.sys.writeFile(path, id);
  } catch (error) {
    throw new ExitError(REFUSED, `failed to create the container ID file: ${describeFileError(error, "open", path)}`);
  }
}
