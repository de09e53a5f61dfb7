// docker-shim: the parent of one container's first process (or of one exec), small enough to keep one for each. It
// holds the streams, writes the log, serves those who attach (shim-connection.c), and knows how it ended; the engine
// may come and go meanwhile.
//
// It is a part of every start, so it does with as few system calls as it can, and leaves to the engine's child, which
// becomes it (guest/runtime/monitor.ts), what costs nothing there:
//
//   - Nothing is open but the descriptors that the options name. 0, 1 and 2 are closed too, and go to what is opened
//     first: nothing may ever be printed here.
//   - It leads a session without a terminal, its directory and its oom_score_adj are the engine's.
//
// It starts no other program: no descriptor needs FD_CLOEXEC.
#define _GNU_SOURCE
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "modes.h"
#include "shim.h"

enum {
  LINGER = 100,          // milliseconds of silence after the end; background processes may hold the streams open
  FLUSH = 10000,         // milliseconds for slow clients at the end
};

// What is always watched, in this order; connections follow. poll(2) looks at the listener after the output: who had
// connected when that was written is seen.
enum { CHILD, OUTPUT, INPUT = OUTPUT + 2, MEMORY, LISTENER, FIRST_CONNECTION };
enum { FDS_MAX = FIRST_CONNECTION + CONNECTIONS_MAX };

struct ready {
  struct pollfd fds[FDS_MAX];
  struct control *controls[FDS_MAX];  // whose it is, if a connection's
  struct client *clients[FDS_MAX];
  nfds_t count;
};

// --- from the container --------------------------------------------------------------------------------------------

bool streams_ended(const struct shim *shim) { return shim->output[0] < 0 && shim->output[1] < 0; }

static void end_stream(struct shim *shim, int stream) {
  json_log_end(&shim->log, &shim->lines[stream]);
  // A terminal may be opened again by what still runs.
  if (shim->output[stream] >= 0 && shim->output[stream] != shim->tty) close(shim->output[stream]);
  shim->output[stream] = -1;
}

// False: there is nothing more for now, or for ever.
static bool read_output(struct shim *shim, int stream) {
  uint8_t bytes[READ_SIZE];
  ssize_t n = read(shim->output[stream], bytes, sizeof bytes);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (n <= 0) return end_stream(shim, stream), false;
  json_log_take(&shim->log, &shim->lines[stream], bytes, (size_t)n);
  for (struct client *c = shim->clients; c; c = c->next)
    if (client_wants(c, stream + 1)) client_send(c, stream + 1, bytes, (size_t)n);
  if (shim->ended && !shim->recorded) shim->deadline = monotonic_milliseconds() + LINGER;
  return true;
}

// A client that does not read makes the container wait, as a pipe would. After the end only what is in the pipe can
// come: that is taken in any case.
static bool clients_full(const struct shim *shim, int stream) {
  if (shim->ended) return false;
  for (struct client *c = shim->clients; c; c = c->next)
    if (client_wants(c, stream + 1) && client_full(c)) return true;
  return false;
}

// When nobody can write any more, what is there is read to its end at once.
static void take_output(struct shim *shim, int stream, short revents) {
  while (read_output(shim, stream) && revents & POLLHUP && !clients_full(shim, stream)) continue;
}

// --- want of memory ------------------------------------------------------------------------------------------------

// The kernel notifies whoever polls the file (cgroup-v2.rst, memory.events); reading it is what takes the notice.
static unsigned long read_oom_kills(const struct shim *shim) {
  char text[256];
  ssize_t n = pread(shim->memory_events, text, sizeof text - 1, 0);
  if (n <= 0) return 0;
  text[n] = '\0';
  const char *line = strstr(text, "oom_kill ");
  return line ? strtoul(line + strlen("oom_kill "), NULL, 10) : 0;
}

static void look_at_memory(struct shim *shim) {
  unsigned long kills = read_oom_kills(shim);
  if (kills > shim->oom_kills) tell_all(shim, "oom");
  shim->oom_kills = kills;
}

static void watch_memory(struct shim *shim) {
  shim->memory_events = open(shim->memory_file, O_RDONLY);
  if (shim->memory_events >= 0) shim->oom_kills = read_oom_kills(shim);
}

// --- the end -------------------------------------------------------------------------------------------------------

static void note_end(struct shim *shim, int wait_status) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  shim->ended = true;
  shim->end.code = exit_code(wait_status);
  shim->end.signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
  shim->end.nanoseconds = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
  shim->deadline = monotonic_milliseconds() + LINGER;
  close_input(shim);
}

static void reap(struct shim *shim) {
  int status;
  if (waitpid(shim->pid, &status, WNOHANG) == shim->pid) note_end(shim, status);
}

// rename(2) makes it appear whole or not at all. The descriptor goes with us, soon.
static void write_exit_file(const struct shim *shim) {
  static char temporary[PATH_MAX];
  char text[128], signal[16] = "null";
  if (shim->end.signal) snprintf(signal, sizeof signal, "%d", shim->end.signal);
  int length = snprintf(text, sizeof text, "{\"code\":%d,\"signal\":%s,\"at\":\"%" PRId64 "\"}", shim->end.code, signal,
                        shim->end.nanoseconds);
  snprintf(temporary, sizeof temporary, "%s.new", shim->exit_file);
  int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  bool written = fd >= 0 && write(fd, text, (size_t)length) == length;
  if (!written || rename(temporary, shim->exit_file) < 0) unlink(temporary);
}

static void record_end(struct shim *shim) {
  end_stream(shim, 0);
  end_stream(shim, 1);
  write_exit_file(shim);
  shim->recorded = true;
  shim->deadline = monotonic_milliseconds() + FLUSH;
  for (struct control *c = shim->controls; c; c = c->next) tell_end(shim, c);
}

// The clock alone does not tell silence: the whole machine may have stood still between two looks at it.
static bool output_waits(const struct shim *shim) {
  struct pollfd fds[] = {{shim->output[0], POLLIN, 0}, {shim->output[1], POLLIN, 0}};
  return poll(fds, 2, 0) > 0;
}

// Milliseconds until something has to be done, or -1.
static int settle(struct shim *shim) {
  if (!shim->ended) return -1;
  int64_t now = monotonic_milliseconds();
  bool silent = now >= shim->deadline && !output_waits(shim);
  if (!shim->recorded && (streams_ended(shim) || silent)) record_end(shim);
  return shim->deadline > now ? (int)(shim->deadline - now) : 0;
}

// Somebody has connected and not said what for.
static bool greeting_expected(const struct shim *shim) {
  for (const struct control *c = shim->controls; c; c = c->next)
    if (!c->greeted) return true;
  return false;
}

static bool over(const struct shim *shim) {
  if (!shim->recorded) return false;
  if (monotonic_milliseconds() >= shim->deadline) return true;
  return !shim->clients && !greeting_expected(shim);
}

// --- the loop ------------------------------------------------------------------------------------------------------

static void watch(struct ready *ready, int fd, short events, struct control *control, struct client *client) {
  ready->fds[ready->count] = (struct pollfd){fd, events, 0};
  ready->controls[ready->count] = control;
  ready->clients[ready->count++] = client;
}

// Who is not read for the moment is left out altogether: a hang-up must not be acted upon before the last typed byte.
static void watch_client(const struct shim *shim, struct ready *ready, struct client *client) {
  short writes = buffer_length(&client->queue) > 0 ? POLLOUT : 0;
  bool blocked = client->stdin_on && buffer_length(&shim->typed) > 0;
  short reads = client->stdin_on && !blocked ? POLLIN : 0;
  watch(ready, blocked && !writes ? -1 : client->fd, reads | writes, NULL, client);
}

// A negative descriptor is skipped by poll(2): that is how a closed or full stream is left out.
static void gather(const struct shim *shim, struct ready *ready) {
  ready->count = 0;
  watch(ready, shim->ended ? -1 : shim->child, POLLIN, NULL, NULL);
  for (int stream = 0; stream < 2; stream++)
    watch(ready, clients_full(shim, stream) ? -1 : shim->output[stream], POLLIN, NULL, NULL);
  watch(ready, buffer_length(&shim->typed) > 0 ? shim->input : -1, POLLOUT, NULL, NULL);
  watch(ready, shim->ended ? -1 : shim->memory_events, POLLPRI, NULL, NULL);
  watch(ready, shim->listener, shim->connections < CONNECTIONS_MAX ? POLLIN : 0, NULL, NULL);
  for (struct control *c = shim->controls; c; c = c->next) watch(ready, c->fd, POLLIN, c, NULL);
  for (struct client *c = shim->clients; c; c = c->next) watch_client(shim, ready, c);
}

static void serve_client(struct shim *shim, struct client *client, short revents) {
  if (revents & POLLOUT) client_flush(client);
  bool gone = revents & (POLLHUP | POLLERR);
  bool readable = gone || revents & POLLIN;
  if (client->stdin_on && readable && buffer_length(&shim->typed) == 0) read_client(shim, client);
  else if (!client->stdin_on && gone) client->dead = true;
}

static void serve_connection(struct shim *shim, const struct ready *ready, nfds_t at) {
  if (ready->controls[at] && !ready->controls[at]->dead) read_control(shim, ready->controls[at]);
  if (ready->clients[at] && !ready->clients[at]->dead) serve_client(shim, ready->clients[at], ready->fds[at].revents);
}

static void serve(struct shim *shim, const struct ready *ready) {
  const struct pollfd *fds = ready->fds;
  if (fds[LISTENER].revents) accept_waiting(shim);
  for (nfds_t at = FIRST_CONNECTION; at < ready->count; at++)
    if (fds[at].revents) serve_connection(shim, ready, at);
  for (int stream = 0; stream < 2; stream++)
    if (fds[OUTPUT + stream].revents) take_output(shim, stream, fds[OUTPUT + stream].revents);
  if (fds[INPUT].revents) write_input(shim);
  if (fds[MEMORY].revents) look_at_memory(shim);
  // Last: what was written before the end is read before the end is known.
  if (fds[CHILD].revents) reap(shim);
}

static void run(struct shim *shim) {
  struct ready ready;
  for (;;) {
    int timeout = settle(shim);
    sweep_connections(shim);
    gather(shim, &ready);
    // The last look: an engine that has just connected must hear of the end, however early it came.
    bool last = over(shim);
    int count = poll(ready.fds, ready.count, last ? 0 : timeout);
    if (count > 0) serve(shim, &ready);
    else if (last) return;
  }
}

// --- start ---------------------------------------------------------------------------------------------------------

static bool take_option(struct shim *shim, const char *name, const char *value) {
  if (strcmp(name, "--id") == 0) return true;  // for those who read ps(1)
  if (strcmp(name, "--exit") == 0) return shim->exit_file = value, true;
  if (strcmp(name, "--log") == 0) return shim->log.path = value, true;
  if (strcmp(name, "--log-attributes") == 0) return shim->log.attributes = value, true;
  if (strcmp(name, "--memory-events") == 0) return shim->memory_file = value, true;
  if (strcmp(name, "--log-max-size") == 0) return shim->log.max = (off_t)strtoll(value, NULL, 10), true;
  const struct {
    const char *name;
    int *number;
  } numbers[] = {{"--pid", &shim->pid},       {"--listen", &shim->listener},     {"--tty", &shim->tty},
                 {"--stdin", &shim->input},   {"--stdout", &shim->output[0]},    {"--stderr", &shim->output[1]},
                 {"--log-max-file", &shim->log.files}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (strcmp(name, numbers[i].name) == 0) return *numbers[i].number = atoi(value), true;
  return false;
}

static bool parse_arguments(struct shim *shim, int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--stdin-once") == 0) shim->stdin_once = true;
    else if (i + 1 >= argc || !take_option(shim, argv[i], argv[i + 1])) return false;
    else i++;
  }
  return shim->pid > 0 && shim->listener >= 0 && shim->exit_file;
}

// Blocked, they end nobody and stop nobody, as if each were ignored by a call of its own.
static void block_signals(void) {
  static const int blocked[] = {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++) sigaddset(&set, blocked[i]);
  sigprocmask(SIG_SETMASK, &set, NULL);
}

// They come with no flag that could get lost by this.
static void take_streams(struct shim *shim) {
  const int fds[] = {shim->tty, shim->input, shim->output[0], shim->output[1]};
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
    if (fds[i] >= 0) fcntl(fds[i], F_SETFL, O_NONBLOCK);
  if (shim->tty >= 0) shim->input = shim->output[0] = shim->tty;
}

// False: it is no child of ours. It may have ended already.
static bool watch_child(struct shim *shim) {
  int status;
  pid_t ended = waitpid(shim->pid, &status, WNOHANG);
  if (ended > 0) note_end(shim, status);
  if (ended == 0) shim->child = (int)syscall(SYS_pidfd_open, shim->pid, 0);
  return ended >= 0;
}

static struct buffer buffer_in(uint8_t *room, size_t size) { return (struct buffer){.room = room, .keep = size}; }

// Room for what a usual container says and is told, in few pages: there is one of us for each.
static struct {
  struct shim shim;
  uint8_t typed[256], partial[2][256], batch[READ_SIZE];
} memory;

static void prepare(struct shim *shim) {
  *shim = (struct shim){.child = -1, .listener = -1, .tty = -1, .input = -1, .output = {-1, -1}, .memory_events = -1};
  shim->typed = buffer_in(memory.typed, sizeof memory.typed);
  shim->log = (struct json_log){.fd = -1, .files = 1, .batch = buffer_in(memory.batch, sizeof memory.batch)};
  for (int stream = 0; stream < 2; stream++) {
    shim->lines[stream].name = stream == 0 ? "stdout" : "stderr";
    shim->lines[stream].partial = buffer_in(memory.partial[stream], sizeof memory.partial[stream]);
  }
}

int shim_main(int argc, char **argv) {
  struct shim *shim = &memory.shim;
  prepare(shim);
  if (!parse_arguments(shim, argc, argv)) {
    fprintf(stderr, "usage: docker-shim --id ID --pid PID --listen FD --exit FILE [--log FILE] "
                    "[--memory-events FILE] [--tty FD | --stdin FD --stdout FD --stderr FD]\n");
    return 2;
  }
  block_signals();
  be_patient();
  take_streams(shim);
  if (!watch_child(shim)) return 1;
  if (shim->log.path) json_log_open(&shim->log);
  if (shim->memory_file) watch_memory(shim);
  run(shim);
  return 0;
}
