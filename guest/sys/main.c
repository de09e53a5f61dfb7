// The program that everything that is TypeScript runs in, on QuickJS: the bytecode bundle by default, `--script FILE ARGS…` from source, `--compile IN.js OUT.qbc` to make bytecode.
#define _GNU_SOURCE
#include "native.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pool.h"
// Included, not linked: the event loop's poll function is static there, and our loop stops at an unhandled rejection.
#include "quickjs-libc.c"

#define BUNDLE "/usr/lib/drydock/main.qbc"

// --- unhandled rejections: fatal once the jobs that might still handle them have run ----------------------------------

struct rejection {
  struct list_head link;
  JSValue promise;
  JSValue reason;
};

static struct list_head rejections;

static void track_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, JS_BOOL handled, void *opaque) {
  (void)opaque;
  if (!handled) {
    struct rejection *rejection = js_malloc(ctx, sizeof *rejection);
    if (rejection == NULL) return;
    rejection->promise = JS_DupValue(ctx, promise);
    rejection->reason = JS_DupValue(ctx, reason);
    list_add_tail(&rejection->link, &rejections);
    return;
  }
  struct list_head *entry, *next;
  list_for_each_safe(entry, next, &rejections) {
    struct rejection *rejection = list_entry(entry, struct rejection, link);
    if (JS_VALUE_GET_PTR(rejection->promise) != JS_VALUE_GET_PTR(promise)) continue;
    list_del(&rejection->link);
    JS_FreeValue(ctx, rejection->promise);
    JS_FreeValue(ctx, rejection->reason);
    js_free(ctx, rejection);
  }
}

static void fail(JSContext *ctx, JSValueConst error) {
  fflush(stdout);
  js_std_dump_error1(ctx, error);
  _exit(1);
}

static void fail_with_exception(JSContext *ctx) { fail(ctx, JS_GetException(ctx)); }

static void run_jobs(JSContext *ctx) {
  JSContext *job_context;
  int result;
  while ((result = JS_ExecutePendingJob(JS_GetRuntime(ctx), &job_context)) > 0) continue;
  if (result < 0) fail_with_exception(job_context);
  if (!list_empty(&rejections)) fail(ctx, list_entry(rejections.next, struct rejection, link)->reason);
}

static int run_loop(JSContext *ctx) {
  do run_jobs(ctx);
  while (js_os_poll(ctx) == 0);
  fflush(stdout);
  return 0;
}

// --- the engine -------------------------------------------------------------------------------------------------------

static JSContext *new_context(int argc, char **argv) {
  JSRuntime *runtime = new_pooled_runtime();
  js_std_init_handlers(runtime);
  JS_SetModuleLoaderFunc(runtime, NULL, js_module_loader, NULL);
  JS_SetHostPromiseRejectionTracker(runtime, track_rejection, NULL);
  JSContext *ctx = JS_NewContext(runtime);
  // Not under its own name: bundlers take "os" for Node's.
  js_init_module_os(ctx, "drydock:loop");
  init_sys_module(ctx, "drydock:sys");
  js_std_add_helpers(ctx, argc, argv);
  init_list_head(&rejections);
  return ctx;
}

// The event loop uses select(2), which cannot see descriptors over 1023. Programs we start can raise it to the hard limit.
static void limit_descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= FD_SETSIZE) return;
  limit.rlim_cur = FD_SETSIZE;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static uint8_t *load(JSContext *ctx, size_t *length, const char *path) {
  uint8_t *bytes = js_load_file(ctx, length, path);
  if (bytes != NULL) return bytes;
  fprintf(stderr, "drydock: cannot read %s: %s\n", path, strerror(errno));
  exit(1);
}

static int evaluate(JSContext *ctx, JSValue module) {
  if (JS_IsException(module)) fail_with_exception(ctx);
  js_module_set_import_meta(ctx, module, 0, 1);
  JSValue promise = JS_EvalFunction(ctx, module);
  if (JS_IsException(promise)) fail_with_exception(ctx);
  JS_FreeValue(ctx, promise);
  return run_loop(ctx);
}

static void prepare_process(int argc, char **argv) {
  remember_arguments(argc, argv);
  limit_descriptors();
  // A peer that hung up is an EPIPE to handle, not a death.
  signal(SIGPIPE, SIG_IGN);
}

static int bundle_main(int argc, char **argv) {
  const char *path = getenv("DRYDOCK_BUNDLE");
  prepare_process(argc, argv);
  JSContext *ctx = new_context(argc, argv);
  size_t length;
  uint8_t *bytes = load(ctx, &length, path != NULL ? path : BUNDLE);
  JSValue module = JS_ReadObject(ctx, bytes, length, JS_READ_OBJ_BYTECODE);
  js_free(ctx, bytes);
  if (!JS_IsException(module) && JS_ResolveModule(ctx, module) < 0) fail_with_exception(ctx);
  return evaluate(ctx, module);
}

static JSValue compile(JSContext *ctx, const char *path, const char *name) {
  size_t length;
  uint8_t *source = load(ctx, &length, path);
  JSValue module = JS_Eval(ctx, (char *)source, length, name, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
  js_free(ctx, source);
  if (JS_IsException(module)) fail_with_exception(ctx);
  return module;
}

// drydock --script FILE ARGS…
static int script_main(int argc, char **argv) {
  prepare_process(argc - 2, argv + 2);
  JSContext *ctx = new_context(argc - 2, argv + 2);
  return evaluate(ctx, compile(ctx, argv[2], argv[2]));
}

// drydock --compile IN.js OUT.qbc: lines and columns are kept, the source text is not.
static int compile_main(int argc, char **argv) {
  if (argc != 4) return fprintf(stderr, "usage: drydock --compile IN.js OUT.qbc\n"), 2;
  JSContext *ctx = new_context(argc, argv);
  JS_SetStripInfo(JS_GetRuntime(ctx), JS_STRIP_SOURCE);
  const char *slash = strrchr(argv[2], '/');
  JSValue module = compile(ctx, argv[2], slash != NULL ? slash + 1 : argv[2]);
  size_t length;
  uint8_t *bytes = JS_WriteObject(ctx, &length, module, JS_WRITE_OBJ_BYTECODE);
  if (bytes == NULL) fail_with_exception(ctx);
  FILE *out = fopen(argv[3], "wb");
  if (out == NULL || fwrite(bytes, 1, length, out) != length || fclose(out) != 0) return perror(argv[3]), 1;
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 0) return 2;
  if (argc > 2 && strcmp(argv[1], "--script") == 0) return script_main(argc, argv);
  if (argc > 1 && strcmp(argv[1], "--compile") == 0) return compile_main(argc, argv);
  return bundle_main(argc, argv);
}
