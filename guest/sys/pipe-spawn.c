// vfork(2): the child borrows our memory until it execs, so nothing is copied, and what it writes into `failure` we can
// read. It must not return from run_child(), nor touch anything else of ours.
#define _GNU_SOURCE
#include "pipe-spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modes.h"

static char *const default_environment[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=xterm-256color"};
enum { DEFAULTS = sizeof default_environment / sizeof *default_environment };

static char *next_field(char **cursor, char *end) {
  if (*cursor >= end) return NULL;
  char *field = *cursor;
  *cursor += strlen(field) + 1;
  return field;
}

static bool same_name(const char *a, const char *b) {
  size_t length = strcspn(b, "=");
  return strncmp(a, b, length) == 0 && a[length] == '=';
}

static bool has_name(char **list, size_t count, const char *entry) {
  for (size_t i = 0; i < count; i++)
    if (same_name(list[i], entry)) return true;
  return false;
}

// A counted list; `extra` places are left free behind it, before the NULL.
static char **next_list(char **cursor, char *end, size_t extra, size_t *count) {
  char *number = next_field(cursor, end);
  size_t n = number ? strtoul(number, NULL, 10) : 0;
  if (!number || n > (size_t)(end - *cursor)) return NULL;
  char **list = calloc(n + extra + 1, sizeof *list);
  for (size_t i = 0; list && i < n; i++) {
    list[i] = next_field(cursor, end);
    if (list[i]) continue;
    free(list);
    return NULL;
  }
  *count = n;
  return list;
}

static void complete_environment(char **envp, size_t count) {
  size_t given = count;
  for (size_t i = 0; i < DEFAULTS; i++)
    if (!has_name(envp, given, default_environment[i])) envp[count++] = default_environment[i];
}

bool parse_command(struct command *command, char *fields, char *end) {
  size_t argc = 0, envc = 0;
  command->argv = next_list(&fields, end, 0, &argc);
  command->envp = command->argv ? next_list(&fields, end, DEFAULTS, &envc) : NULL;
  if (!command->envp || argc == 0) {
    free_command(command);
    return false;
  }
  complete_environment(command->envp, envc);
  command->cwd = next_field(&fields, end);
  return true;
}

void free_command(struct command *command) {
  free(command->argv);
  free(command->envp);
  command->argv = command->envp = NULL;
}

struct failure {
  const char *what;
  int error;
};

static const char *search_path(char *const *envp) {
  for (; *envp; envp++)
    if (strncmp(*envp, "PATH=", 5) == 0) return *envp + 5;
  return "/bin:/usr/bin";
}

// execvpe(3) of musl searches our PATH; the command's own is meant.
static void exec_search(const struct command *command) {
  const char *name = command->argv[0];
  if (strchr(name, '/') || !*name) {
    execve(name, command->argv, command->envp);
    return;
  }
  int error = ENOENT;
  for (const char *path = search_path(command->envp); path; path = *path ? path + 1 : NULL) {
    size_t length = strcspn(path, ":");
    char file[PATH_MAX];
    int needed = snprintf(file, sizeof file, "%.*s/%s", (int)length, path, name);
    if (needed < (int)sizeof file) execve(file, command->argv, command->envp);
    if (errno == EACCES) error = EACCES;
    path += length;
  }
  errno = error;
}

static void reset_signals(void) {
  // Those that we, or who started us, may ignore.
  static const int ignored[] = {SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGCHLD};
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool enter_directory(const struct command *command) {
  if (command->cwd && *command->cwd) return chdir(command->cwd) == 0;
  return chdir("/root") == 0 || chdir("/") == 0;
}

static bool take_streams(const int fds[3], bool tty) {
  if (setsid() < 0) return false;
  if (tty && ioctl(fds[0], TIOCSCTTY, 0) < 0) return false;
  for (int i = 0; i < 3; i++)
    if (dup2(fds[i], i) < 0) return false;
  return true;
}

static _Noreturn void run_child(const struct command *command, const int fds[3], volatile struct failure *failure) {
  failure->what = "start";
  if (take_streams(fds, command->tty)) {
    reset_signals();
    umask(022);
    failure->what = "chdir";
    if (enter_directory(command)) {
      failure->what = "exec";
      exec_search(command);
    }
  }
  failure->error = errno;
  _exit(127);
}

static void close_all(const int *fds, int count) {
  for (int i = 0; i < count; i++)
    if (fds[i] >= 0) close(fds[i]);
}

// fds: the child's three, then ours (input, output, error).
static bool open_tty(const struct command *command, int fds[6]) {
  struct winsize size = {.ws_row = command->rows, .ws_col = command->columns};
  if (openpty(&fds[3], &fds[0], NULL, NULL, &size) < 0) return false;
  set_cloexec(fds[3]);
  set_cloexec(fds[0]);
  fds[1] = fcntl(fds[0], F_DUPFD_CLOEXEC, 3);
  fds[2] = fcntl(fds[0], F_DUPFD_CLOEXEC, 3);
  fds[4] = fcntl(fds[3], F_DUPFD_CLOEXEC, 3);
  return fds[1] >= 0 && fds[2] >= 0 && fds[4] >= 0;
}

static bool open_pipes(int fds[6]) {
  for (int i = 0; i < 3; i++) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return false;
    fds[i] = ends[i == 0 ? 0 : 1];
    fds[3 + i] = ends[i == 0 ? 1 : 0];
  }
  return true;
}

static pid_t start_child(const struct command *command, const int fds[3], volatile struct failure *failure) {
  pid_t pid = vfork();
  if (pid == 0) run_child(command, fds, failure);
  if (pid < 0) {
    failure->what = "fork";
    failure->error = errno;
  }
  return pid;
}

static pid_t start(const struct command *command, int fds[6], volatile struct failure *failure) {
  failure->what = command->tty ? "openpty" : "pipe";
  if (!(command->tty ? open_tty(command, fds) : open_pipes(fds))) {
    failure->error = errno;
    return -1;
  }
  pid_t pid = start_child(command, fds, failure);
  if (pid > 0 && failure->error) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR);
    pid = -1;
  }
  return pid;
}

bool spawn_command(const struct command *command, struct spawned *spawned, int *status, char *text, size_t size) {
  int fds[6] = {-1, -1, -1, -1, -1, -1};
  volatile struct failure failure = {0};
  pid_t pid = start(command, fds, &failure);
  close_all(fds, 3);
  if (pid < 0) {
    close_all(fds + 3, 3);
    *status = failure.error == ENOENT && strcmp(failure.what, "exec") == 0 ? 127 : 126;
    const char *object = strcmp(failure.what, "chdir") == 0 ? command->cwd : command->argv[0];
    snprintf(text, size, "%s %s: %s", failure.what, object, strerror(failure.error));
    return false;
  }
  for (int i = 3; i < 6; i++)
    if (fds[i] >= 0) set_nonblocking(fds[i]);
  *spawned = (struct spawned){pid, fds[3], fds[4], fds[5]};
  return true;
}
