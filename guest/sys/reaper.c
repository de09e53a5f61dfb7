// docker-init -- COMMAND ARGUMENTS…: the first process of a container started with --init. A first process has two
// duties that programs do not know of: signals it does not handle are ignored (pid_namespaces(7)), so somebody has to
// pass them on; and orphans become its children, so somebody has to wait(2) for them.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "modes.h"

enum { FAILED = 1, CANNOT_EXECUTE = 126, NOT_FOUND = 127 };

// Signals that tell of a fault in this very process stay deliverable.
static void block_signals(sigset_t *before) {
  static const int faults[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS};
  sigset_t set;
  sigfillset(&set);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&set, faults[i]);
  sigprocmask(SIG_SETMASK, &set, before);
}

// A group of its own in the terminal's foreground: Ctrl-C reaches the command once, not once more through us.
static void lead_group(void) {
  setpgid(0, 0);
  tcsetpgrp(STDIN_FILENO, getpgrp());  // SIGTTOU is blocked; without a terminal it fails, and nothing is lost
}

static _Noreturn void run_command(char **argv, const sigset_t *mask) {
  lead_group();
  sigprocmask(SIG_SETMASK, mask, NULL);
  execvp(argv[0], argv);
  int error = errno;
  fprintf(stderr, "docker-init: exec %s failed: %s\n", argv[0], strerror(error));
  _exit(error == ENOENT ? NOT_FOUND : error == EACCES ? CANNOT_EXECUTE : FAILED);
}

// True when the command itself has ended. Signals merge, so every child that has ended is asked for.
static int reap(pid_t command, int *status) {
  int ended = 0, wait_status;
  for (pid_t pid; (pid = waitpid(-1, &wait_status, WNOHANG)) > 0;) {
    if (pid != command) continue;
    *status = wait_status;
    ended = 1;
  }
  return ended;
}

static int serve(pid_t command) {
  sigset_t all;
  sigfillset(&all);
  int status = 0;
  for (;;) {
    int signal = sigwaitinfo(&all, NULL);
    if (signal == SIGCHLD && reap(command, &status)) return exit_code(status);
    if (signal > 0 && signal != SIGCHLD) kill(command, signal);
  }
}

int reaper_main(int argc, char **argv) {
  char **command = argv + 1;
  if (argc > 1 && strcmp(*command, "--") == 0) command++;
  if (!*command) return fprintf(stderr, "usage: docker-init -- COMMAND [ARGUMENT…]\n"), FAILED;
  sigset_t before;
  block_signals(&before);
  pid_t pid = fork();
  if (pid == 0) run_command(command, &before);
  if (pid < 0) return fprintf(stderr, "docker-init: fork: %s\n", strerror(errno)), FAILED;
  return serve(pid);
}
