// drydock-time [OPTIONS] -- COMMAND ARGUMENTS…: how long a command takes by the guest's own clock, from vfork(2) to
// wait(2), printed as one line of JSON: {"unit":"ns","n":N,"warmup":W,"samples":[…],"failures":K}
//
//   --warmup W  --count N   runs that are not counted, and runs that are
//   --floor                 each run in new namespaces of every kind with a /proc of its own: what a container costs
//                           at the least
//   --tty                   on a terminal that is drained, instead of /dev/null
//   --keep-output           our own standard streams
#define _GNU_SOURCE
#include <inttypes.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "modes.h"

enum { NAMESPACES = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP };

struct timing {
  int warmup, count;
  bool floor, tty, keep_output;
  char **command;
  int null, children;     // /dev/null; a signalfd for SIGCHLD
  sigset_t mask;          // as it was before we blocked SIGCHLD
  int failures;
};

static void use_streams(int fd) {
  for (int i = 0; i < 3; i++) dup2(fd, i);
}

static void use_terminal(int slave) {
  setsid();
  ioctl(slave, TIOCSCTTY, 0);
  use_streams(slave);
}

// pid_namespaces(7): the parent of the namespace's first process is outside, so one more fork is needed.
static int enter_namespaces(void) {
  if (unshare(NAMESPACES) < 0) return perror("unshare"), -1;
  pid_t pid = fork();
  if (pid < 0) return perror("fork"), -1;
  if (pid > 0) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR);
    _exit(exit_code(status));
  }
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return perror("mount /"), -1;
  return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ? perror("mount /proc"), -1 : 0;
}

static _Noreturn void run_child(const struct timing *timing, int slave) {
  if (timing->floor && enter_namespaces() < 0) _exit(125);
  if (slave >= 0) use_terminal(slave);
  else if (!timing->keep_output) use_streams(timing->null);
  sigprocmask(SIG_SETMASK, &timing->mask, NULL);
  execvp(timing->command[0], timing->command);
  _exit(127);
}

// The child of a vfork may not do what --floor needs (it would return into our frames), hence the plain fork there.
static pid_t start(const struct timing *timing, int slave) {
  pid_t pid = timing->floor ? fork() : vfork();
  if (pid == 0) run_child(timing, slave);
  return pid;
}

static void wait_for_end(const struct timing *timing, pid_t pid, int master, int *status) {
  struct pollfd fds[] = {{timing->children, POLLIN, 0}, {master, POLLIN, 0}};
  char bytes[4096];
  while (waitpid(pid, status, master < 0 ? 0 : WNOHANG) != pid) {
    if (master < 0) continue;
    if (poll(fds, 2, -1) < 0) continue;
    if (fds[1].revents && read(master, bytes, sizeof bytes) <= 0) fds[1].fd = -1;  // EIO: closed by the command
    struct signalfd_siginfo info;
    if (fds[0].revents && read(timing->children, &info, sizeof info) < 0) continue;
  }
}

static int64_t run_once(struct timing *timing) {
  int master = -1, slave = -1, status = 0;
  struct winsize size = {.ws_row = 24, .ws_col = 80};
  if (timing->tty && openpty(&master, &slave, NULL, NULL, &size) < 0) return perror("openpty"), exit(1), 0;
  if (master >= 0) set_cloexec(master), set_cloexec(slave);
  int64_t begin = monotonic_nanoseconds();
  pid_t pid = start(timing, slave);
  if (pid < 0) return perror("fork"), exit(1), 0;
  if (slave >= 0) close(slave);
  wait_for_end(timing, pid, master, &status);
  int64_t end = monotonic_nanoseconds();
  if (master >= 0) close(master);
  if (exit_code(status) != 0) timing->failures++;
  return end - begin;
}

static void run_all(struct timing *timing) {
  for (int i = 0; i < timing->warmup; i++) run_once(timing);
  timing->failures = 0;
  int64_t *samples = calloc((size_t)timing->count, sizeof *samples);
  for (int i = 0; samples && i < timing->count; i++) samples[i] = run_once(timing);
  printf("{\"unit\":\"ns\",\"n\":%d,\"warmup\":%d,\"samples\":[", timing->count, timing->warmup);
  for (int i = 0; samples && i < timing->count; i++) printf(i ? ",%" PRId64 : "%" PRId64, samples[i]);
  printf("],\"failures\":%d}\n", timing->failures);
  free(samples);
}

static bool parse_arguments(struct timing *timing, int argc, char **argv) {
  int i = 1;
  for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
    if (strcmp(argv[i], "--floor") == 0) timing->floor = true;
    else if (strcmp(argv[i], "--tty") == 0) timing->tty = true;
    else if (strcmp(argv[i], "--keep-output") == 0) timing->keep_output = true;
    else if (strcmp(argv[i], "--warmup") == 0 && i + 1 < argc) timing->warmup = atoi(argv[++i]);
    else if (strcmp(argv[i], "--count") == 0 && i + 1 < argc) timing->count = atoi(argv[++i]);
    else return false;
  }
  timing->command = argv + i + 1;
  return i + 1 < argc && timing->count > 0 && timing->warmup >= 0;
}

static void watch_children(struct timing *timing) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  signal(SIGCHLD, SIG_DFL);
  sigprocmask(SIG_BLOCK, &set, &timing->mask);
  timing->children = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int time_main(int argc, char **argv) {
  struct timing timing = {.count = 1};
  if (!parse_arguments(&timing, argc, argv)) {
    fprintf(stderr, "usage: drydock-time [--warmup W] [--count N] [--floor] [--tty] [--keep-output] -- COMMAND …\n");
    return 2;
  }
  timing.null = open("/dev/null", O_RDWR | O_CLOEXEC);
  watch_children(&timing);
  run_all(&timing);
  return 0;
}
