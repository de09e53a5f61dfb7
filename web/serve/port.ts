import { createServer } from "node:net";

export const HOST = "127.0.0.1";

/** A mistake of the person at the keyboard: the message is all that there is to say. */
export class UsageError extends Error {}

/** PORT, or 8080. */
export function readPort(value = process.env["PORT"]): number {
  const port = value === undefined || value === "" ? 8080 : Number(value);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UsageError(
    `PORT=${value} is not a port number. Choose one from 1 to 65535, for example: PORT=8081 npm start`,
  );
}

/** Resolves when `port` can be had; asked before the build, so that nobody waits for a "no". */
export function requirePort(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => reject(explain(port, error)));
    probe.listen(port, HOST, () => probe.close(() => resolve()));
  });
}

function explain(port: number, error: NodeJS.ErrnoException): Error {
  const other = `Choose another: PORT=${port < 1024 ? 8080 : port + 1} npm start`;
  if (error.code === "EADDRINUSE")
    return new UsageError(`Port ${port} on ${HOST} is taken by another program. ${other}`);
  if (error.code === "EACCES") return new UsageError(`Port ${port} is not open to ordinary users. ${other}`);
  return error;
}

/** Runs a command line program: a UsageError is one line and status 1, anything else keeps its stack. */
export async function runProgram(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    console.error(error instanceof UsageError ? error.message : error);
    process.exit(1);
  }
}
