// vfork(2) by clone3(2): the child runs JavaScript in our memory, while we stand still, until it becomes another program
// or ends. Nothing is copied, no page table is built, and what it found out needs no pipe to come back.
#define _GNU_SOURCE
#include "native.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Written by the child, read by the parent: they share it.
struct child {
  struct call *call;
  // path, argv, envp of what it becomes; with no path it just ends.
  struct argument program[3];
  // It came back from JavaScript, so the heap is whole.
  bool returned;
  int64_t error;
};

// The kernel lets the child go on with our stack. It may only push: `run` never returns, and below this point everything
// is ours again when we wake up. A function of libc around the call would have returned once too often.
static int64_t clone_in_place(struct clone_args *arguments, void (*run)(struct child *), struct child *child) {
  long result;
  __asm__ volatile(
      "int $0x80\n\t"
      "test %%eax, %%eax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "and $-16, %%esp\n\t"
      "sub $12, %%esp\n\t"
      "push %%edi\n\t"
      "call *%%esi\n\t"
      "hlt\n"
      "1:"
      : "=a"(result)
      : "a"(SYS_clone3), "b"(arguments), "c"(sizeof *arguments), "S"(run), "D"(child)
      : "memory", "cc");
  return result;
}

static int take_program(struct child *child, JSValueConst list) {
  JSContext *ctx = child->call->ctx;
  int failed = 0;
  for (int i = 0; i < 3 && !failed; i++) {
    JSValue value = JS_GetPropertyUint32(ctx, list, i);
    failed = (i == 0 ? unpack_text : unpack_texts)(ctx, value, &child->program[i]);
    JS_FreeValue(ctx, value);
  }
  return failed;
}

// Calls JavaScript, which catches its own exceptions: what still gets through is the end of memory.
static JSValue call_back(struct child *child, JSValueConst function, int64_t number) {
  JSContext *ctx = child->call->ctx;
  JSValue argument = JS_NewInt64(ctx, number);
  JSValue result = JS_Call(ctx, function, JS_UNDEFINED, 1, &argument);
  if (!JS_IsException(result)) return result;
  JS_FreeValue(ctx, JS_GetException(ctx));
  child->error = -ENOMEM;
  return JS_NULL;
}

static void become_program(struct child *child) {
  struct call *call = child->call;
  JSValue list = call_back(child, FUNCTION(2), 0);
  if (!JS_IsNull(list) && take_program(child, list) < 0) {
    JS_FreeValue(call->ctx, JS_GetException(call->ctx));
    child->error = -EINVAL;
  }
  JS_FreeValue(call->ctx, list);
  child->returned = true;
  if (child->error != 0 || child->program[0].text == NULL) return;
  execve(child->program[0].text, (char *const *)child->program[1].texts, (char *const *)child->program[2].texts);
  child->returned = false;
}

static void run_child(struct child *child) {
  int32_t code = 0;
  become_program(child);
  if (!child->returned) {
    int64_t error = -errno;
    JSValue answer = call_back(child, child->call->argument[3].function, error);
    if (JS_ToInt32(child->call->ctx, &code, answer) < 0) code = 1;
    child->returned = true;
  }
  _exit(code);
}

bool all_signals_blocked;

// A handler that runs in the child would run in our memory. Who is such a child has the signals blocked already.
static int64_t clone_without_signals(struct clone_args *arguments, struct child *child) {
  bool blocked = all_signals_blocked;
  sigset_t all, before;
  sigfillset(&all);
  if (!blocked) sigprocmask(SIG_BLOCK, &all, &before);
  all_signals_blocked = true;
  int64_t pid = clone_in_place(arguments, run_child, child);
  // The child may have set a mask of its own meanwhile.
  all_signals_blocked = blocked;
  if (!blocked) sigprocmask(SIG_SETMASK, &before, NULL);
  return pid;
}

static int64_t sys_vfork(struct call *call) {
  struct child child = {.call = call};
  struct clone_args arguments = {.flags = (uint64_t)LONG(0) | CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD};
  if (INT(1) >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = INT(1);
  }
  fflush(stdout);
  int64_t pid = clone_without_signals(&arguments, &child);
  for (int i = 0; i < 3; i++) release(call->ctx, &child.program[i]);
  if (pid > 0 && !child.returned) {
    // Killed in the middle of JavaScript: what it left of our heap is anybody's guess.
    static const char text[] = "vfork: the child was killed before it became its program\n";
    if (write(2, text, sizeof text - 1) < 0) errno = 0;
    abort();
  }
  if (pid < 0 || child.error == 0) return pid;
  waitpid((pid_t)pid, NULL, 0);
  return child.error;
}

const struct row vfork_rows[] = {
    {"vfork", "liff", sys_vfork},
    {NULL, NULL, NULL},
};
