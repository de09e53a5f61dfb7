// The machine as a whole: names, clocks, memory, randomness; and text, which is UTF-8 outside.
#define _GNU_SOURCE
#include "native.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static int64_t sys_sethostname(struct call *call) { return checked(sethostname(TEXT(0), strlen(TEXT(0)))); }
static int64_t sys_setdomainname(struct call *call) { return checked(setdomainname(TEXT(0), strlen(TEXT(0)))); }
static int64_t sys_uname(struct call *call) {
  struct utsname name;
  if (uname(&name) < 0) return -errno;
  const char *texts[] = {name.sysname, name.nodename, name.release, name.version, name.machine};
  return answer(call, text_array(call->ctx, countof(texts), texts));
}

static int64_t answer_clock(struct call *call, clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) < 0) return -errno;
  return answer(call, JS_NewBigInt64(call->ctx, nanoseconds(time)));
}
static int64_t sys_now(struct call *call) { return answer_clock(call, CLOCK_REALTIME); }
static int64_t sys_monotonic(struct call *call) { return answer_clock(call, CLOCK_MONOTONIC); }
static int64_t sys_set_clock(struct call *call) {
  struct timespec time = timespec_of(LONG(0));
  return checked(clock_settime(CLOCK_REALTIME, &time));
}

static int64_t sys_sysinfo(struct call *call) {
  struct sysinfo info;
  if (sysinfo(&info) < 0) return -errno;
  double unit = info.mem_unit;
  return answer(call, number_array(call->ctx, 3, (double[]){info.uptime, info.totalram * unit, info.freeram * unit}));
}

static int64_t sys_getrandom(struct call *call) {
  uint8_t bytes[4096];
  if (UNSIGNED(0) > sizeof bytes) return -EINVAL;
  for (size_t got = 0; got < UNSIGNED(0);) {
    long length = syscall(SYS_getrandom, bytes + got, UNSIGNED(0) - got, 0);
    if (length < 0 && errno != EINTR) return -errno;
    if (length > 0) got += length;
  }
  return answer(call, byte_array(call->ctx, bytes, UNSIGNED(0)));
}

static int64_t sys_reboot(struct call *call) { return sync(), checked(reboot(INT(0))); }

// The UTF-8 that QuickJS makes; a lone surrogate, which is not text, becomes U+FFFD (three bytes, too).
static int64_t sys_utf8_encode(struct call *call) {
  JSValue array = byte_array(call->ctx, BYTES(0), LENGTH(0));
  size_t offset, length, unit, size;
  JSValue buffer = JS_GetTypedArrayBuffer(call->ctx, array, &offset, &length, &unit);
  uint8_t *bytes = JS_GetArrayBuffer(call->ctx, &size, buffer);
  JS_FreeValue(call->ctx, buffer);
  for (uint8_t *at = bytes; (at = memchr(at, 0xed, bytes + length - at)) != NULL; at++)
    if (at + 2 < bytes + length && at[1] >= 0xa0) memcpy(at, "\xef\xbf\xbd", 3);
  return answer(call, array);
}

static int64_t sys_utf8_decode(struct call *call) {
  size_t start = UNSIGNED(1), end = INT(2) < 0 ? LENGTH(0) : UNSIGNED(2);
  if (end > LENGTH(0)) end = LENGTH(0);
  if (start > end) start = end;
  return answer(call, text_value(call->ctx, (const char *)BYTES(0) + start, end - start));
}

static void unmap(JSRuntime *runtime, void *size, void *memory) {
  (void)runtime;
  munmap(memory, (size_t)size);
}

// Memory that this process and everything it forks later see alike.
static int64_t sys_shared_memory(struct call *call) {
  size_t size = UNSIGNED(0);
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return -errno;
  return answer(call, JS_NewArrayBuffer(call->ctx, memory, size, unmap, (void *)size, 0));
}

const struct row machine_rows[] = {
    {"sethostname", "s", sys_sethostname},
    {"setdomainname", "s", sys_setdomainname},
    {"uname", "", sys_uname},
    {"now", "", sys_now},
    {"monotonic", "", sys_monotonic},
    {"setClock", "l", sys_set_clock},
    {"sysinfo", "", sys_sysinfo},
    {"getrandom", "i", sys_getrandom},
    {"reboot", "i", sys_reboot},
    {"utf8Encode", "d", sys_utf8_encode},
    {"utf8Decode", "bii", sys_utf8_decode},
    {"sharedMemory", "i", sys_shared_memory},
    {NULL, NULL, NULL},
};
