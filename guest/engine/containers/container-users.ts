import { lookUp, type ResolvedUser, readUserFiles, type UserFiles } from "../../runtime/user.ts";
import type { Sys } from "../../sys/sys.ts";
import { containerPaths } from "../layout.ts";
import type { Container } from "./container.ts";

/** Images whose files are kept. */
const MOST = 16;

/**
 * Who a name is in a container. An image's files never change, so they are read once: a container's own /etc/passwd, written
 * or copied into it, lies in its writable layer, and then there is an /etc too.
 */
export class ContainerUsers {
  readonly #sys: Sys;
  readonly #byImage = new Map<string, UserFiles>();

  constructor(sys: Sys) {
    this.#sys = sys;
  }

  /**
   * By its root filesystem, which is mounted, and as in Docker not by what is mounted in there. Throws RuntimeError of stage
   * "user".
   */
  resolve(container: Container, user: string): ResolvedUser {
    return lookUp(user, container.hostConfig.GroupAdd ?? [], this.#files(container));
  }

  #files({ id, record }: Container): UserFiles {
    const { upper, merged } = containerPaths(id);
    // A file that was removed leaves its whiteout, in an /etc of the layer's own or instead of one.
    if (this.#sys.exists(`${upper}/etc`)) return readUserFiles(this.#sys, merged);
    const known = this.#byImage.get(record.Image);
    if (known !== undefined) return known;
    const files = readUserFiles(this.#sys, merged);
    if (files.plain) this.#keep(record.Image, files);
    return files;
  }

  #keep(image: string, files: UserFiles): void {
    if (this.#byImage.size >= MOST) this.#byImage.clear();
    this.#byImage.set(image, files);
  }
}
