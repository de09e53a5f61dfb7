import type { ContainerConfig } from "../../api/contract/container.ts";

/** The OCI image configuration (image-spec, config.md), as far as it is read here. */
export interface ImageConfigFile {
  readonly architecture?: string;
  readonly variant?: string;
  readonly os?: string;
  readonly created?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly docker_version?: string;
  readonly parent?: string;
  readonly config?: ContainerConfig;
  readonly rootfs?: { readonly type?: string; readonly diff_ids?: readonly string[] };
}

/** An image of the store with everything that a container needs of it. */
export interface Image {
  /** "sha256:…": the digest of the configuration. */
  readonly id: string;
  readonly file: ImageConfigFile;
  readonly config: ContainerConfig;
  /** Directories of the layers, the base first. */
  readonly layers: readonly string[];
  /** Bytes of each, unpacked. */
  readonly layerSizes: readonly number[];
  readonly size: number;
}
