/** Where the machine is on its way to a prompt. */
export type BootStatus =
  | { readonly kind: "starting"; readonly fraction: number; readonly message: string }
  | { readonly kind: "ready"; readonly message: string }
  | { readonly kind: "failed"; readonly message: string };

export const initialBootStatus: BootStatus = { kind: "starting", fraction: 0, message: "Fetching the machine" };

/** "9.1 MB", as people count (a million bytes). */
export function formatMegabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
