/** Swagger: the header X-Docker-Container-Path-Stat, base64 of this as JSON. */
export interface ContainerPathStat {
  readonly name: string;
  readonly size: number;
  /** Go's os.FileMode: permissions as in stat(2), the rest as {@link FILE_MODE}. */
  readonly mode: number;
  readonly mtime: string;
  /** Of a symlink: where it leads in the end, as a path of the container. */
  readonly linkTarget: string;
}

/** The header's name, as it is asked for. */
export const PATH_STAT_HEADER = "x-docker-container-path-stat";

/** Bits of Go's os.FileMode. Numbers above 2 ** 31: to be tested by {@link hasMode}. */
export const FILE_MODE = {
  directory: 2 ** 31,
  symlink: 2 ** 27,
  device: 2 ** 26,
  namedPipe: 2 ** 25,
  socket: 2 ** 24,
  setUserId: 2 ** 23,
  setGroupId: 2 ** 22,
  characterDevice: 2 ** 21,
  sticky: 2 ** 20,
} as const;

export function hasMode(mode: number, bit: number): boolean {
  return Math.floor(mode / bit) % 2 === 1;
}
