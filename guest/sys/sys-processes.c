// fork(2), execve(2), wait4(2), signals, and what ps shows. vfork(2) is in sys-vfork.c.
#define _GNU_SOURCE
#include "native.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>
#include <alloca.h>

#include "pool.h"

extern char **environ;

static sigset_t signal_set(const int *signals) {
  sigset_t set;
  sigemptyset(&set);
  for (; *signals != 0; signals++) sigaddset(&set, *signals);
  return set;
}

static int64_t sys_getpid(struct call *call) { return (void)call, syscall(SYS_getpid); }
static int64_t sys_getppid(struct call *call) { return (void)call, getppid(); }

static int64_t sys_fork(struct call *call) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) postpone_collection(JS_GetRuntime(call->ctx));
  return checked(pid);
}

static int64_t sys_unshare(struct call *call) { return checked(syscall(SYS_unshare, INT(0))); }
static int64_t sys_setns(struct call *call) { return checked(syscall(SYS_setns, INT(0), INT(1))); }
static int64_t sys_execve(struct call *call) {
  return checked(execve(TEXT(0), (char *const *)TEXTS(1), (char *const *)TEXTS(2)));
}

// Those that are not at their default, nearly always SIGPIPE alone: sixty calls for the others would change nothing. The
// kernel is asked once. What main.c ignores, and what our parent did (it lasts through execve(2), unlike a handler), does
// not change while JavaScript runs; a child of vfork learns it for its parent, too, whose memory it uses.
static const sigset_t *signals_set(void) {
  static sigset_t set;
  static bool known;
  struct sigaction action;
  for (int signal = 1; signal < _NSIG && !known; signal++)
    if (sigaction(signal, NULL, &action) == 0 && action.sa_handler != SIG_DFL) sigaddset(&set, signal);
  known = true;
  return &set;
}

static void reset_signals(void) {
  struct sigaction fresh = {.sa_handler = SIG_DFL};
  const sigset_t *set = signals_set();
  for (int signal = 1; signal < _NSIG; signal++)
    if (sigismember(set, signal)) sigaction(signal, &fresh, NULL);
}

// Runs between vfork and exec: only system calls. Gives the errno of the step that failed.
static int become(struct call *call, const int *fds, int count) {
  int *high = alloca(sizeof(int) * (count + 1));
  for (int i = 0; i < count; i++)
    if ((high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, count)) < 0) return errno;
  for (int i = 0; i < count; i++)
    if (dup2(high[i], i) < 0) return errno;
  if (syscall(SYS_close_range, count, ~0U, 0) < 0) return errno;
  if (TEXT(4) != NULL && chdir(TEXT(4)) < 0) return errno;
  if (INT(5) && setsid() < 0) return errno;
  sigset_t none;
  sigemptyset(&none);
  reset_signals();
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(TEXT(0), (char *const *)TEXTS(1), (char *const *)TEXTS(2));
  return errno;
}

static int64_t sys_spawn(struct call *call) {
  volatile int failure = 0;
  pid_t pid = vfork();
  if (pid == 0) {
    failure = become(call, NUMBERS(3), LENGTH(3));
    _exit(127);
  }
  if (pid < 0 || failure == 0) return checked(pid);
  waitpid(pid, NULL, 0);
  return -failure;
}

static int64_t sys_exit(struct call *call) { _exit(INT(0)); }

static int64_t sys_waitpid(struct call *call) {
  int status = 0;
  pid_t pid;
  do pid = waitpid(INT(0), &status, INT(1));
  while (pid < 0 && errno == EINTR);
  if (pid <= 0) return checked(pid);
  double numbers[] = {pid, WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
  return answer(call, number_array(call->ctx, 3, numbers));
}

static int64_t sys_kill(struct call *call) { return checked(kill(INT(0), INT(1))); }
static int64_t sys_pidfd_open(struct call *call) { return checked(syscall(SYS_pidfd_open, INT(0), 0)); }
static int64_t sys_pidfd_send_signal(struct call *call) {
  return checked(syscall(SYS_pidfd_send_signal, INT(0), INT(1), NULL, 0));
}
static int64_t sys_setsid(struct call *call) { return (void)call, checked(setsid()); }
static int64_t sys_setpgid(struct call *call) { return checked(setpgid(INT(0), INT(1))); }
static int64_t sys_prctl(struct call *call) {
  unsigned long second = TEXT(1) != NULL ? (unsigned long)TEXT(1) : (unsigned long)LONG(2);
  return checked(prctl(INT(0), second, (long)LONG(3), (long)LONG(4), (long)LONG(5)));
}

static char *title_start;
static size_t title_size;
static char **arguments_start;
static char **environment_start;

static char **copy_texts(char **texts) {
  int count = 0;
  while (texts[count] != NULL) count++;
  char **copy = calloc(count + 1, sizeof *copy);
  for (int i = 0; i < count; i++) copy[i] = strdup(texts[i]);
  return copy;
}

// The kernel lays argv and the environment out one after the other; both become ours to write a title into.
void remember_arguments(int argc, char **argv) {
  char *end = argv[0];
  for (int i = 0; i < argc && argv[i] == end; i++) end += strlen(end) + 1;
  for (char **e = environ; *e != NULL && *e == end; e++) end += strlen(end) + 1;
  title_start = argv[0];
  title_size = end - argv[0];
  arguments_start = copy_texts(argv);
  environ = environment_start = copy_texts(environ);
}

static int64_t sys_set_process_title(struct call *call) {
  memset(title_start, 0, title_size);
  strncpy(title_start, TEXT(0), title_size - 1);
  return 0;
}

static int64_t sys_program_arguments(struct call *call) {
  int count = 0;
  while (arguments_start[count] != NULL) count++;
  return answer(call, text_array(call->ctx, count, (const char *const *)arguments_start));
}

static int64_t sys_environment(struct call *call) {
  int count = 0;
  while (environment_start[count] != NULL) count++;
  return answer(call, text_array(call->ctx, count, (const char *const *)environment_start));
}

static int64_t sys_signalfd(struct call *call) {
  sigset_t set = signal_set(NUMBERS(0));
  if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) return -errno;
  return checked(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

static int64_t sys_read_signals(struct call *call) {
  struct signalfd_siginfo infos[16];
  ssize_t length = read(INT(0), infos, sizeof infos);
  if (length < 0 && errno != EAGAIN) return -errno;
  JSValue list = JS_NewArray(call->ctx);
  for (int i = 0; i < length / (ssize_t)sizeof infos[0]; i++) {
    double numbers[] = {infos[i].ssi_signo, infos[i].ssi_pid, infos[i].ssi_status};
    JS_DefinePropertyValueUint32(call->ctx, list, i, number_array(call->ctx, 3, numbers), JS_PROP_C_W_E);
  }
  return answer(call, list);
}

static int64_t sys_set_signal_mask(struct call *call) {
  sigset_t set = signal_set(NUMBERS(0));
  all_signals_blocked = false;
  return checked(sigprocmask(SIG_SETMASK, &set, NULL));
}
static int64_t sys_reset_signals(struct call *call) { return (void)call, reset_signals(), 0; }

const struct row process_rows[] = {
    {"getpid", "", sys_getpid},
    {"getppid", "", sys_getppid},
    {"fork", "", sys_fork},
    {"unshare", "i", sys_unshare},
    {"setns", "ii", sys_setns},
    {"execve", "svv", sys_execve},
    {"spawn", "svvnSi", sys_spawn},
    {"exit", "i", sys_exit},
    {"waitpid", "ii", sys_waitpid},
    {"kill", "ii", sys_kill},
    {"pidfdOpen", "i", sys_pidfd_open},
    {"pidfdSendSignal", "ii", sys_pidfd_send_signal},
    {"setsid", "", sys_setsid},
    {"setpgid", "ii", sys_setpgid},
    {"prctl", "iSllll", sys_prctl},
    {"setProcessTitle", "s", sys_set_process_title},
    {"programArguments", "", sys_program_arguments},
    {"environment", "", sys_environment},
    {"signalfd", "n", sys_signalfd},
    {"readSignals", "i", sys_read_signals},
    {"setSignalMask", "n", sys_set_signal_mask},
    {"resetSignals", "", sys_reset_signals},
    {NULL, NULL, NULL},
};
