import type { Command, Invocation } from "../command.ts";
import { describeError } from "../errors.ts";

export const wait: Command = {
  kind: "command",
  name: "wait",
  summary: "Block until one or more containers stop, then print their exit codes",
  usage: "CONTAINER [CONTAINER...]",
  flags: [],
  arity: { kind: "atLeast", count: 1 },
  containers: "alive",
  aliases: ["docker container wait", "docker wait"],
  run,
};

async function run({ cli, args }: Invocation): Promise<number> {
  const complaints: string[] = [];
  for (const name of args) {
    try {
      const waiting = await cli.client.waitContainer(name);
      const { StatusCode: code } = await waiting.result;
      cli.print(`${code}\n`);
    } catch (error) {
      complaints.push(describeError(error));
    }
  }
  cli.printError(complaints.map((complaint) => `${complaint}\n`).join(""));
  return complaints.length === 0 ? 0 : 1;
}
