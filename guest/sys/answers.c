// How answers become JavaScript values.
#include "native.h"

#include <stdlib.h>
#include <string.h>

// Small integers as such: QuickJS computes with them faster than with floats.
static JSValue number_value(JSContext *ctx, double number) {
  return number == (int32_t)number ? JS_NewInt32(ctx, number) : JS_NewFloat64(ctx, number);
}

JSValue number_array(JSContext *ctx, int count, const double *numbers) {
  JSValue array = JS_NewArray(ctx);
  for (int i = 0; i < count; i++) JS_DefinePropertyValueUint32(ctx, array, i, number_value(ctx, numbers[i]), JS_PROP_C_W_E);
  return array;
}

JSValue text_array(JSContext *ctx, int count, const char *const *texts) {
  JSValue array = JS_NewArray(ctx);
  for (int i = 0; i < count; i++)
    JS_DefinePropertyValueUint32(ctx, array, i, text_value(ctx, texts[i], strlen(texts[i])), JS_PROP_C_W_E);
  return array;
}

int64_t answer_pair(struct call *call, const int fds[2]) {
  return answer(call, number_array(call->ctx, 2, (double[]){fds[0], fds[1]}));
}

static JSValue typed_array(JSContext *ctx, JSValue buffer) {
  if (JS_IsException(buffer)) return buffer;
  JSValueConst arguments[] = {buffer, JS_UNDEFINED, JS_UNDEFINED};
  JSValue array = JS_NewTypedArray(ctx, 3, arguments, JS_TYPED_ARRAY_UINT8);
  JS_FreeValue(ctx, buffer);
  return array;
}

JSValue byte_array(JSContext *ctx, const void *bytes, size_t length) {
  return typed_array(ctx, JS_NewArrayBufferCopy(ctx, bytes, length));
}

static void free_bytes(JSRuntime *runtime, void *opaque, void *bytes) {
  (void)runtime, (void)opaque;
  free(bytes);
}

JSValue owned_byte_array(JSContext *ctx, uint8_t *bytes, size_t length) {
  return typed_array(ctx, JS_NewArrayBuffer(ctx, bytes, length, free_bytes, NULL, 0));
}

// Length of the valid UTF-8 sequence at `p`, or minus the bytes of the maximal invalid one.
static int sequence_length(const uint8_t *p, const uint8_t *end) {
  if (p[0] < 0x80) return 1;
  int length = p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
  if (length == 0) return -1;
  uint8_t low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
  uint8_t high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
  for (int i = 1; i < length; i++, low = 0x80, high = 0xbf)
    if (p + i == end || p[i] < low || p[i] > high) return -i;
  return length;
}

// Nearly all text is ASCII: four bytes at a time.
static const uint8_t *skip_ascii(const uint8_t *p, const uint8_t *end) {
  for (uint32_t word; end - p >= 4; p += 4) {
    memcpy(&word, p, 4);
    if (word & 0x80808080) break;
  }
  return p;
}

static const uint8_t *first_invalid(const uint8_t *p, const uint8_t *end) {
  while ((p = skip_ascii(p, end)) < end) {
    int length = sequence_length(p, end);
    if (length < 0) return p;
    p += length;
  }
  return NULL;
}

JSValue text_value(JSContext *ctx, const char *bytes, size_t length) {
  const uint8_t *p = (const uint8_t *)bytes, *end = p + length;
  if (first_invalid(p, end) == NULL) return JS_NewStringLen(ctx, bytes, length);
  uint8_t *valid = malloc(length * 3), *out = valid;
  if (valid == NULL) return JS_ThrowOutOfMemory(ctx);
  while (p < end) {
    int n = sequence_length(p, end);
    memcpy(out, n > 0 ? p : (const uint8_t *)"\xef\xbf\xbd", n > 0 ? n : 3);
    out += n > 0 ? n : 3;
    p += n > 0 ? n : -n;
  }
  JSValue value = JS_NewStringLen(ctx, (char *)valid, out - valid);
  free(valid);
  return value;
}
