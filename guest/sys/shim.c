// docker-shim: the parent of one container's first process (or of one exec), small enough to keep one for each. It
// holds the streams, writes the log, serves those who attach (shim-connection.c), and knows how it ended; the engine
// may come and go meanwhile.
#define _GNU_SOURCE
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "modes.h"
#include "shim.h"

enum {
  LINGER = 100,          // milliseconds of silence after the end; background processes may hold the streams open
  FLUSH = 10000,         // milliseconds for slow clients at the end
};

// What is always watched, in this order; connections follow.
enum { SIGNALS, LISTENER, OUTPUT, INPUT = OUTPUT + 2, MEMORY, FIRST_CONNECTION, FDS_MAX = FIRST_CONNECTION + CONNECTIONS_MAX };

struct ready {
  struct pollfd fds[FDS_MAX];
  struct control *controls[FDS_MAX];  // whose it is, if a connection's
  struct client *clients[FDS_MAX];
  nfds_t count;
};

static void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

// --- from the container --------------------------------------------------------------------------------------------

bool streams_ended(const struct shim *shim) { return shim->output[0] < 0 && shim->output[1] < 0; }

static void end_stream(struct shim *shim, int stream) {
  json_log_end(&shim->log, &shim->lines[stream]);
  close_fd(&shim->output[stream]);
}

static void read_output(struct shim *shim, int stream) {
  uint8_t bytes[READ_SIZE];
  // Who attached before the container wrote this must get it, though we may hear of both at the same time.
  accept_waiting(shim);
  ssize_t n = read(shim->output[stream], bytes, sizeof bytes);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return end_stream(shim, stream);
  json_log_take(&shim->log, &shim->lines[stream], bytes, (size_t)n);
  for (struct client *c = shim->clients; c; c = c->next)
    if (client_wants(c, stream + 1)) client_send(c, stream + 1, bytes, (size_t)n);
  if (shim->ended && !shim->recorded) shim->deadline = monotonic_milliseconds() + LINGER;
}

// A client that does not read makes the container wait, as a pipe would. After the end only what is in the pipe can
// come: that is taken in any case.
static bool clients_full(const struct shim *shim, int stream) {
  if (shim->ended) return false;
  for (struct client *c = shim->clients; c; c = c->next)
    if (client_wants(c, stream + 1) && client_full(c)) return true;
  return false;
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
  shim->memory_events = open(shim->memory_file, O_RDONLY | O_CLOEXEC);
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
  struct signalfd_siginfo info[4];
  while (read(shim->signals, info, sizeof info) > 0);
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
    if (pid == shim->pid) note_end(shim, status);
}

// rename(2) makes it appear whole or not at all.
static void write_exit_file(const struct shim *shim) {
  char text[128], signal[16] = "null", *temporary = NULL;
  if (shim->end.signal) snprintf(signal, sizeof signal, "%d", shim->end.signal);
  int length = snprintf(text, sizeof text, "{\"code\":%d,\"signal\":%s,\"at\":\"%" PRId64 "\"}", shim->end.code, signal,
                        shim->end.nanoseconds);
  if (asprintf(&temporary, "%s.new", shim->exit_file) < 0) return;
  int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool written = fd >= 0 && write(fd, text, (size_t)length) == length;
  close_fd(&fd);
  if (!written || rename(temporary, shim->exit_file) < 0) unlink(temporary);
  free(temporary);
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
  watch(ready, shim->signals, POLLIN, NULL, NULL);
  watch(ready, shim->listener, shim->connections < CONNECTIONS_MAX ? POLLIN : 0, NULL, NULL);
  for (int stream = 0; stream < 2; stream++)
    watch(ready, clients_full(shim, stream) ? -1 : shim->output[stream], POLLIN, NULL, NULL);
  watch(ready, buffer_length(&shim->typed) > 0 ? shim->input : -1, POLLOUT, NULL, NULL);
  watch(ready, shim->ended ? -1 : shim->memory_events, POLLPRI, NULL, NULL);
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
    if (fds[OUTPUT + stream].revents) read_output(shim, stream);
  if (fds[INPUT].revents) write_input(shim);
  if (fds[MEMORY].revents) look_at_memory(shim);
  // Last: what was written before the end is read before the end is known.
  if (fds[SIGNALS].revents) reap(shim);
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

// The lowest of our own descriptors from `first` on, or -1.
static int next_of_ours(const struct shim *shim, int first) {
  const int ours[] = {shim->listener, shim->tty, shim->input, shim->output[0], shim->output[1]};
  int lowest = -1;
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    if (ours[i] >= first && (lowest < 0 || ours[i] < lowest)) lowest = ours[i];
  return lowest;
}

// close_range(2) over the gaps. A stray copy of a pipe's end would keep somebody waiting for end of file for ever.
static void close_others(const struct shim *shim) {
  int first = 3;
  for (int fd; (fd = next_of_ours(shim, first)) >= 0; first = fd + 1) {
    set_cloexec(fd);
    set_nonblocking(fd);
    if (fd > first) syscall(SYS_close_range, first, fd - 1, 0);
  }
  syscall(SYS_close_range, first, ~0U, 0);
}

static void leave_terminal(void) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; null >= 0 && fd < 3; fd++) dup2(null, fd);
  if (null > 2) close(null);
  setsid();
  if (chdir("/") < 0) return;
}

static int watch_children(void) {
  static const int ignored[] = {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
  signal(SIGCHLD, SIG_DFL);  // ignored, it would take the exit code away: wait(2)
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_SETMASK, &children, NULL);
  return signalfd(-1, &children, SFD_NONBLOCK | SFD_CLOEXEC);
}

// The last to go when memory is short: its container would be lost with it.
static void protect(void) {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (write(fd, "-998", 4) < 0) errno = 0;
  close(fd);
}

static void take_tty(struct shim *shim) {
  if (shim->tty < 0) return;
  shim->input = shim->tty;
  shim->output[0] = fcntl(shim->tty, F_DUPFD_CLOEXEC, 3);
}

int shim_main(int argc, char **argv) {
  struct shim shim = {.listener = -1, .tty = -1, .input = -1, .output = {-1, -1}, .memory_events = -1};
  shim.log = (struct json_log){.fd = -1, .files = 1, .batch.keep = READ_SIZE};
  shim.lines[0].name = "stdout";
  shim.lines[1].name = "stderr";
  if (!parse_arguments(&shim, argc, argv)) {
    fprintf(stderr, "usage: docker-shim --id ID --pid PID --listen FD --exit FILE [--log FILE] "
                    "[--memory-events FILE] [--tty FD | --stdin FD --stdout FD --stderr FD]\n");
    return 2;
  }
  prctl(PR_SET_NAME, "docker-shim");
  close_others(&shim);
  leave_terminal();
  protect();
  be_patient();
  take_tty(&shim);
  shim.signals = watch_children();
  if (waitid(P_PID, (id_t)shim.pid, &(siginfo_t){0}, WEXITED | WNOHANG | WNOWAIT) < 0) return 1;  // not a child of ours
  reap(&shim);  // it may have ended before we watched
  if (shim.log.path) json_log_open(&shim.log);
  if (shim.memory_file) watch_memory(&shim);
  run(&shim);
  return 0;
}
