import { createServer, type Socket } from "node:net";
import type { Channel, ChannelTarget, Machine } from "../../web/machine/machine.ts";

/** Connections to 127.0.0.1:`port` become channels to `target`, half-closes included. */
export function forwardPort(machine: Machine, port: number, target: ChannelTarget): Promise<void> {
  const server = createServer(
    { allowHalfOpen: true, pauseOnConnect: true },
    (socket) => void join(machine, socket, target),
  );
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? new Error(`port ${port} of 127.0.0.1 is taken`) : error);
    });
    server.listen(port, "127.0.0.1", resolve);
  });
}

async function join(machine: Machine, socket: Socket, target: ChannelTarget): Promise<void> {
  socket.on("error", () => socket.destroy());
  try {
    const channel = await machine.open(target, {
      data: (_stream, bytes) => writeTo(socket, bytes),
      end: () => void socket.end(),
      closed: () => void socket.end(),
    });
    socket.on("close", () => channel.close());
    await feed(channel, socket);
  } catch {
    // Nothing listens there, or the other side went: for the one who connected that is a closed connection.
    socket.destroy();
  }
}

async function feed(channel: Channel, socket: Socket): Promise<void> {
  for await (const bytes of socket.iterator({ destroyOnReturn: false })) await channel.write(bytes as Uint8Array);
  await channel.end();
}

/** Settles when there is room for more: until then the guest is not granted any. */
function writeTo(socket: Socket, bytes: Uint8Array): Promise<void> | undefined {
  if (socket.writableEnded || socket.write(bytes)) return undefined;
  return new Promise((resolve) => {
    socket.once("drain", resolve);
    socket.once("close", resolve);
  });
}
