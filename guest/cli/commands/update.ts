import type { ContainerUpdateRequest } from "../../api/contract/container.ts";
import { UPDATE_FLAGS } from "../args/container-flags.ts";
import { readLimits, readRestartPolicy } from "../args/host-config.ts";
import type { Options } from "../args/parse.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { describeError } from "../errors.ts";
import { forEachInTurn } from "./each.ts";

export const update: Command = {
  kind: "command",
  name: "update",
  summary: "Update configuration of one or more containers",
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  flags: UPDATE_FLAGS,
  arity: { kind: "atLeast", count: 1 },
  aliases: ["docker container update", "docker update"],
  run,
};

const NOTHING: ReadonlySet<string> = new Set();

async function run({ cli, options, args }: Invocation): Promise<number> {
  if (options.onlyFrom(NOTHING)) throw new ExitError(1, "you must provide one or more flags when using this command");
  const request = readUpdate(options);
  const warnings: string[] = [];
  const code = await forEachInTurn(cli, args, async (name) => {
    const { Warnings } = await cli.client.updateContainer(name, request);
    warnings.push(...(Warnings ?? []));
  });
  cli.print(warnings.map((warning) => `${warning}\n`).join(""));
  return code;
}

function readUpdate(options: Options): ContainerUpdateRequest {
  const request: { -readonly [K in keyof ContainerUpdateRequest]: ContainerUpdateRequest[K] } = {};
  readLimits(request, options);
  // Docker's client says nothing for 0, which the engine would take for "unlimited".
  if (request.PidsLimit === 0) delete request.PidsLimit;
  try {
    const policy = readRestartPolicy(options);
    if (policy !== null) request.RestartPolicy = policy;
  } catch (error) {
    // It is the same complaint as of run, but no failure to run.
    throw new ExitError(1, describeError(error));
  }
  return request;
}
