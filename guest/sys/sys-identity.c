// Who a process is and what it may: credentials(7), capabilities(7), seccomp(2), bpf(2) for device rules.
#define _GNU_SOURCE
#include "native.h"

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int64_t sys_getuid(struct call *call) { return (void)call, getuid(); }
static int64_t sys_geteuid(struct call *call) { return (void)call, geteuid(); }
// For the kernel these are a thread's: libc changes those of all threads, see setresuid(2), with the signals blocked
// meanwhile. Here is only one.
static int64_t sys_setresuid(struct call *call) { return checked(syscall(SYS_setresuid32, INT(0), INT(1), INT(2))); }
static int64_t sys_setresgid(struct call *call) { return checked(syscall(SYS_setresgid32, INT(0), INT(1), INT(2))); }
static int64_t sys_setgroups(struct call *call) { return checked(syscall(SYS_setgroups32, LENGTH(0), NUMBERS(0))); }
static int64_t sys_umask(struct call *call) { return umask(INT(0)); }

static struct __user_cap_header_struct capability_header(void) {
  return (struct __user_cap_header_struct){.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
}

static int64_t sys_capset(struct call *call) {
  struct __user_cap_header_struct header = capability_header();
  struct __user_cap_data_struct data[2];
  for (int i = 0; i < 2; i++)
    data[i] = (struct __user_cap_data_struct){LONG(0) >> (32 * i), LONG(1) >> (32 * i), LONG(2) >> (32 * i)};
  return checked(syscall(SYS_capset, &header, data));
}

static int64_t sys_capget(struct call *call) {
  struct __user_cap_header_struct header = capability_header();
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) < 0) return -errno;
  uint64_t sets[] = {data[0].effective | (uint64_t)data[1].effective << 32,
                     data[0].permitted | (uint64_t)data[1].permitted << 32,
                     data[0].inheritable | (uint64_t)data[1].inheritable << 32};
  JSValue array = JS_NewArray(call->ctx);
  for (int i = 0; i < 3; i++)
    JS_DefinePropertyValueUint32(call->ctx, array, i, JS_NewBigUint64(call->ctx, sets[i]), JS_PROP_C_W_E);
  return answer(call, array);
}

static int64_t sys_capbset_drop(struct call *call) {
  for (size_t i = 0; i < LENGTH(0); i++)
    if (prctl(PR_CAPBSET_DROP, NUMBERS(0)[i], 0, 0, 0) < 0) return -errno;
  return 0;
}

// -1 stands for RLIM_INFINITY, which it is when unsigned.
static int64_t sys_setrlimit(struct call *call) {
  struct rlimit limit = {LONG(1), LONG(2)};
  return checked(setrlimit(INT(0), &limit));
}

static int64_t sys_getrlimit(struct call *call) {
  struct rlimit limit;
  if (getrlimit(INT(0), &limit) < 0) return -errno;
  double numbers[] = {limit.rlim_cur == RLIM_INFINITY ? -1 : (double)limit.rlim_cur,
                      limit.rlim_max == RLIM_INFINITY ? -1 : (double)limit.rlim_max};
  return answer(call, number_array(call->ctx, 2, numbers));
}

static int64_t sys_setpriority(struct call *call) { return checked(setpriority(INT(0), INT(1), INT(2))); }

static int64_t sys_seccomp(struct call *call) {
  struct sock_fprog program = {LENGTH(1) / sizeof(struct sock_filter), (struct sock_filter *)BYTES(1)};
  return checked(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, INT(0), &program));
}

static int64_t sys_bpf_load_device_program(struct call *call) {
  union bpf_attr attributes = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE};
  attributes.insn_cnt = LENGTH(0) / sizeof(struct bpf_insn);
  attributes.insns = (uintptr_t)BYTES(0);
  attributes.license = (uintptr_t) "MIT";
  return checked(syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes));
}

static int64_t sys_bpf_attach_device(struct call *call) {
  union bpf_attr attributes = {.attach_type = BPF_CGROUP_DEVICE};
  attributes.target_fd = INT(0);
  attributes.attach_bpf_fd = INT(1);
  attributes.attach_flags = INT(2);
  return checked(syscall(SYS_bpf, BPF_PROG_ATTACH, &attributes, sizeof attributes));
}

static int64_t sys_join_session_keyring(struct call *call) {
  return checked(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, TEXT(0)));
}

const struct row identity_rows[] = {
    {"getuid", "", sys_getuid},
    {"geteuid", "", sys_geteuid},
    {"setresuid", "iii", sys_setresuid},
    {"setresgid", "iii", sys_setresgid},
    {"setgroups", "n", sys_setgroups},
    {"umask", "i", sys_umask},
    {"capset", "lll", sys_capset},
    {"capget", "", sys_capget},
    {"capbsetDrop", "n", sys_capbset_drop},
    {"setrlimit", "ill", sys_setrlimit},
    {"getrlimit", "i", sys_getrlimit},
    {"setpriority", "iii", sys_setpriority},
    {"seccomp", "ib", sys_seccomp},
    {"bpfLoadDeviceProgram", "b", sys_bpf_load_device_program},
    {"bpfAttachDevice", "iii", sys_bpf_attach_device},
    {"joinSessionKeyring", "s", sys_join_session_keyring},
    {NULL, NULL, NULL},
};
