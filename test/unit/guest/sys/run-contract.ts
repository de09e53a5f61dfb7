/** The contract on the real kernel: a script for the host binary, one line a case, status 1 when one is broken. */
import { createLinux } from "../../../../guest/sys/linux.ts";
import { archiveContract } from "./archive-contract.ts";
import { contract } from "./contract.ts";
import { realContract } from "./real-contract.ts";
import { streamContract } from "./stream-contract.ts";
import { treeContract } from "./tree-contract.ts";

const sys = createLinux();
const [, directory = "/tmp/contract"] = sys.argv;
let failed = 0;
for (const { name, run } of [...contract, ...realContract, ...treeContract, ...streamContract, ...archiveContract]) {
  sys.removeAll(directory);
  sys.mkdirAll(directory);
  let outcome = `ok ${name}`;
  try {
    run(sys, sys.realpath(directory));
  } catch (error) {
    failed++;
    outcome = `not ok ${name}: ${String(error)}`;
  }
  sys.write(1, sys.utf8Encode(`${outcome}\n`));
}
sys.removeAll(directory);
sys.exit(failed === 0 ? 0 : 1);
