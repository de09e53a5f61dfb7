/** The user's end of a running command, on the real kernel: what `stream` does between descriptors. */
import { AF_UNIX, SHUT_WR, SIGUSR1, SOCK_STREAM } from "../../../../guest/sys/constants.ts";
import { STREAM_RECEIVED_MAX } from "../../../../guest/sys/sys.ts";
import { equal, type RealCase } from "./real-case.ts";

export const streamContract: readonly RealCase[] = [
  {
    name: "stream parts a framed socket into output and error, and half-closes at the input's end",
    run(sys) {
      const [client, server] = sys.socketpair(AF_UNIX, SOCK_STREAM, 0);
      const [inputReader, inputWriter] = sys.pipe();
      const [outReader, outWriter] = sys.pipe();
      const [errorReader, errorWriter] = sys.pipe();
      sys.write(inputWriter, sys.utf8Encode("typed"));
      sys.close(inputWriter);
      const frame = (stream: number, text: string): Uint8Array =>
        Uint8Array.from([stream, 0, 0, 0, 0, 0, 0, text.length, ...sys.utf8Encode(text)]);
      const received = frame(1, "early ").subarray(0, 10);
      sys.write(server, frame(1, "early ").subarray(10));
      sys.write(server, frame(2, "warning"));
      sys.write(server, frame(1, "late"));
      sys.shutdown(server, SHUT_WR);
      const event = sys.stream({
        socket: client,
        input: inputReader,
        output: outWriter,
        error: errorWriter,
        raw: false,
        signals: null,
        received,
      });
      equal(event, { kind: "end" });
      equal(sys.utf8Decode(sys.read(outReader, 100)), "early late");
      equal(sys.utf8Decode(sys.read(errorReader, 100)), "warning");
      for (const fd of [client, inputReader, outReader, outWriter, errorReader, errorWriter]) sys.close(fd);
      sys.close(server);
    },
  },
  {
    name: "stream keeps the order of many small frames, of empty ones and of one that is larger than a write",
    run(sys) {
      const [client, server] = sys.socketpair(AF_UNIX, SOCK_STREAM, 0);
      const [outReader, outWriter] = sys.pipe();
      const [errorReader, errorWriter] = sys.pipe();
      const wanted = ["", "", ""];
      const bytes: number[] = [];
      for (let at = 0; at < 900; at += 1) {
        const stream = at % 7 < 5 ? 1 : 2;
        const text = at === 450 ? `${at}`.repeat(3000) : at % 11 === 0 ? "" : `${at} ${"x".repeat(at % 53)}\n`;
        wanted[stream] += text;
        bytes.push(stream, 0, 0, 0, 0, 0, text.length >> 8, text.length & 255, ...sys.utf8Encode(text));
      }
      const all = Uint8Array.from(bytes);
      const cut = 13;
      sys.write(server, all.subarray(cut));
      sys.close(server);
      const request = { socket: client, input: null, output: outWriter, error: errorWriter, raw: false, signals: null };
      equal(sys.stream({ ...request, received: all.subarray(0, cut) }), { kind: "end" });
      equal(
        [outReader, errorReader].map((fd) => sys.utf8Decode(sys.read(fd, 65536))),
        wanted.slice(1),
      );
      for (const fd of [client, outReader, outWriter, errorReader, errorWriter]) sys.close(fd);
    },
  },
  {
    name: "stream takes over as much as may have been read before, and passes it on",
    run(sys) {
      const [client, server] = sys.socketpair(AF_UNIX, SOCK_STREAM, 0);
      const [outReader, outWriter] = sys.pipe();
      sys.close(server);
      const received = new Uint8Array(STREAM_RECEIVED_MAX).fill(97);
      const request = { socket: client, input: null, error: null, raw: true, signals: null };
      equal(sys.stream({ ...request, output: outWriter, received }), { kind: "end" });
      let length = 0;
      while (length < STREAM_RECEIVED_MAX) length += sys.read(outReader, STREAM_RECEIVED_MAX).length;
      equal(length, STREAM_RECEIVED_MAX);
      for (const fd of [client, outReader, outWriter]) sys.close(fd);
    },
  },
  {
    name: "stream stops at the detach keys and passes on what only began like them",
    run(sys) {
      const [client, server] = sys.socketpair(AF_UNIX, SOCK_STREAM, 0);
      const [inputReader, inputWriter] = sys.pipe();
      sys.write(inputWriter, Uint8Array.of(16, 97, 16, 16, 17, 98));
      const detachKeys = Uint8Array.of(16, 17);
      const request = { socket: client, input: inputReader, output: null, error: null, raw: true, signals: null };
      equal(sys.stream({ ...request, detachKeys }), { kind: "detached" });
      sys.close(client);
      equal(sys.read(server, 100), Uint8Array.of(16, 97, 16));
      for (const fd of [server, inputReader, inputWriter]) sys.close(fd);
    },
  },
  {
    name: "stream tells of a signal and goes on when called again",
    run(sys) {
      const [client, server] = sys.socketpair(AF_UNIX, SOCK_STREAM, 0);
      const [outReader, outWriter] = sys.pipe();
      const signals = sys.signalfd([SIGUSR1]);
      const request = { socket: client, input: null, output: outWriter, error: null, raw: true, signals };
      sys.kill(sys.getpid(), SIGUSR1);
      equal(sys.stream(request), { kind: "signal" });
      equal(sys.readSignals(signals).length, 1);
      sys.write(server, sys.utf8Encode("after"));
      sys.close(server);
      equal(sys.stream(request), { kind: "end" });
      equal(sys.utf8Decode(sys.read(outReader, 100)), "after");
      sys.setSignalMask([]);
      for (const fd of [client, outReader, outWriter, signals]) sys.close(fd);
    },
  },
];
