/** A step of the build: what decides its result, and how it is made. */
export interface Stage {
  readonly name: string;
  /** What a person reads while it runs. */
  readonly title: string;
  /** Everything whose content decides the result, relative to the project; results of earlier stages among it. */
  readonly inputs: readonly Input[];
  /** Anything else that decides it. */
  readonly settings?: string;
  /** Makes the result; gives the files written, relative to the project. */
  run(report: StageReport): Promise<readonly string[]>;
}

/** A file; or everything below a folder, or of it what ends in `suffix`. */
export type Input = string | { readonly folder: string; readonly suffix?: string };

/** How far a stage is: a few words, and a share from 0 to 1 where it can be told. */
export type StageReport = (message: string, fraction?: number) => void;
