// Bytes that JavaScript must not touch; the work itself is in bulk.c, tree.c, untar.c, pack.c and stream.c.
#define _GNU_SOURCE
#include "native.h"

#include <fcntl.h>
#include <string.h>

static int64_t sys_sendfile(struct call *call) { return copy_bytes(INT(0), INT(1), LONG(2)); }
static int64_t sys_splice(struct call *call) {
  return checked(splice(INT(0), NULL, INT(1), NULL, UNSIGNED(2), UNSIGNED(3)));
}

static int64_t sys_sha256(struct call *call) {
  char hex[65];
  int64_t result = hash_descriptor(INT(0), hex);
  return result < 0 ? result : answer(call, JS_NewString(call->ctx, hex));
}

static int64_t sys_sha256_bytes(struct call *call) {
  char hex[65];
  hash_bytes(BYTES(0), LENGTH(0), hex);
  return answer(call, JS_NewString(call->ctx, hex));
}

static int64_t sys_inflate(struct call *call) {
  int64_t consumed, produced;
  char hex[65];
  int64_t result = inflate_descriptor(INT(0), INT(1), &consumed, &produced, hex);
  if (result < 0) return result;
  call->value = number_array(call->ctx, 2, (double[]){consumed, produced});
  JS_DefinePropertyValueUint32(call->ctx, call->value, 2, JS_NewString(call->ctx, hex), JS_PROP_C_W_E);
  return 0;
}

static int64_t sys_send_chunks(struct call *call) { return send_chunks(INT(0), INT(1)); }
static int64_t sys_copy_body(struct call *call) { return copy_body(INT(0), INT(1), BYTES(2), LENGTH(2), LONG(3)); }
static int64_t sys_copy_tree(struct call *call) { return copy_tree(TEXT(0), TEXT(1)); }

// errno or 0, bytes of files, bytes of the archive, the step that failed, what it was about.
static int64_t sys_untar(struct call *call) {
  struct untar_request request = {
      .input = INT(0), .rest = BYTES(1), .rest_length = LENGTH(1), .framing = LONG(2), .root = TEXT(3), .directory = TEXT(4),
      .from = TEXT(5), .to = TEXT(6), .uid = LONG(8), .gid = LONG(9),
      .overlay = INT(7) & 1, .whole = INT(7) & 2, .keep_kinds = INT(7) & 4, .mine = INT(7) & 8,
  };
  struct untar_report report = {0};
  int64_t result = read_tar(&request, &report);
  const char *texts[] = {report.step == NULL ? "untar" : report.step, report.subject};
  call->value = number_array(call->ctx, 3, (double[]){result, report.content, report.length});
  for (int i = 0; i < 2; i++)
    JS_DefinePropertyValueUint32(call->ctx, call->value, 3 + i, text_value(call->ctx, texts[i], strlen(texts[i])),
                                 JS_PROP_C_W_E);
  return 0;
}

static int64_t sys_tar(struct call *call) {
  struct tar_request request = {
      .root = TEXT(0), .out = INT(1), .overlay = INT(2), .entry = TEXT(3), .as = TEXT(4), .chunked = INT(5),
  };
  return write_tar(&request);
}

static int64_t sys_disk_usage(struct call *call) {
  int64_t bytes = 0, inodes = 0;
  int64_t result = disk_usage(TEXT(0), &bytes, &inodes);
  return result < 0 ? result : answer(call, number_array(call->ctx, 2, (double[]){bytes, inodes}));
}

const struct row bulk_rows[] = {
    {"sendfile", "iil", sys_sendfile},
    {"splice", "iiii", sys_splice},
    {"sha256", "i", sys_sha256},
    {"sha256Bytes", "b", sys_sha256_bytes},
    {"inflate", "ii", sys_inflate},
    {"sendChunks", "ii", sys_send_chunks},
    {"copyBody", "iibl", sys_copy_body},
    {"copyTree", "ss", sys_copy_tree},
    {"untar", "iblsSSSill", sys_untar},
    {"tar", "siiSSi", sys_tar},
    {"diskUsage", "s", sys_disk_usage},
    {"stream", "iiiiiiBB", stream},
    {"jsonRows", "bv", json_rows},
    {"alignColumns", "di", align_columns},
    {NULL, NULL, NULL},
};
