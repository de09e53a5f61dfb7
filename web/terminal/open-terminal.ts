import type { Channel, ChannelHandlers, ChannelTarget } from "../machine/machine.ts";

/** Opens a login shell on a pty of its own. The composition root makes it from the machine of the moment. */
export type OpenTerminal = (
  target: ChannelTarget & { kind: "terminal" },
  handlers: ChannelHandlers,
) => Promise<Channel>;
