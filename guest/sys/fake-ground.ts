/** What the families of FakeSys's calls share: one machine, and what is open in it. */
import { FakeDescriptors } from "./fake-descriptors.ts";
import { FakeFiles } from "./fake-files.ts";
import { FakeLoop } from "./fake-loop.ts";

export const START = 1_700_000_000_000_000_000n;

/**
 * The ground floor of FakeSys. Each family of calls is a class above it (files, then processes, then connections), and
 * fake.ts is the roof. Every method between here and there is a system call and is recorded: helpers are functions, or
 * methods of the objects below.
 */
export abstract class FakeGround {
  /** What getpid answers; the child's while it is being played. */
  pid = 100;
  uid = 0;
  /** First of the objects: the files ask it for the time while they are made. */
  protected clock = START;
  protected readonly files = new FakeFiles(() => this.clock);
  protected readonly descriptors = new FakeDescriptors(this.files, () => this.clock);
  protected readonly loop = new FakeLoop();
}
