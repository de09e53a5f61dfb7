import { fileURLToPath } from "node:url";

/** Top of the project. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** What the page and headless machines load: manifest.json and the files it names. */
export const MACHINE_FOLDER = fileURLToPath(new URL("../build/machine", import.meta.url));
