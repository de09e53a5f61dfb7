// The programs that are plain C: tools.c looks at argv[0] and calls one of these.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int pipe_main(int argc, char **argv);
int launch_main(int argc, char **argv);
int shim_main(int argc, char **argv);
int logs_main(int argc, char **argv);
int reaper_main(int argc, char **argv);
int time_main(int argc, char **argv);

static inline int64_t monotonic_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t monotonic_milliseconds(void) { return monotonic_nanoseconds() / 1000000; }

static inline void set_nonblocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

static inline void set_cloexec(int fd) { fcntl(fd, F_SETFD, FD_CLOEXEC); }

// sched(7): a batch process does not preempt whoever wakes it. So a program that prints line by line fills its pipe or
// terminal before we look, instead of paying for a switch with every line. Children are ordinary again. (The system
// call itself: musl's sched_setscheduler() always fails.)
static inline void be_patient(void) {
  syscall(SYS_sched_setscheduler, 0, SCHED_BATCH | SCHED_RESET_ON_FORK, &(struct sched_param){0});
}

// What a shell would put into $?: the exit code, or 128 + the signal.
static inline int exit_code(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}
