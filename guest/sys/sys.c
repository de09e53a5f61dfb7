// The native module "drydock:sys". The calls stand in the files sys-*.c, one small function each, with a table of rows at
// the bottom; here the rows become functions of JavaScript. native.d.ts is the manual.
//
// A row's pattern names its arguments: i 32-bit number, l 64-bit number or bigint, s text, S text or null,
// b Uint8Array, B Uint8Array or null, d Uint8Array or text as UTF-8, v array of texts, n array of numbers, f function.
#include "native.h"

#include <string.h>

static const struct row *const families[] = {
    process_rows, vfork_rows, identity_rows, mount_rows, file_rows, bulk_rows, socket_rows, terminal_rows, machine_rows,
};

// The number that stands for a row: family in the high byte.
#define ROW_NUMBER(family, row) ((int)((family) << 8 | (row)))

static int unpack_bytes(JSContext *ctx, JSValueConst value, struct argument *argument) {
  size_t offset, unit, size;
  JSValue buffer = JS_GetTypedArrayBuffer(ctx, value, &offset, &argument->length, &unit);
  if (JS_IsException(buffer)) return -1;
  uint8_t *start = JS_GetArrayBuffer(ctx, &size, buffer);
  JS_FreeValue(ctx, buffer);
  // An empty array may have no memory of its own; NULL is kept for null.
  argument->bytes = start == NULL ? (const uint8_t *)"" : start + offset;
  return start == NULL && argument->length > 0 ? -1 : 0;
}

int unpack_text(JSContext *ctx, JSValueConst value, struct argument *argument) {
  size_t length;
  argument->text = JS_ToCStringLen(ctx, &length, value);
  if (argument->text == NULL) return -1;
  // The kernel would see only what stands before the NUL: another path than the one that was checked.
  if (strlen(argument->text) != length) return JS_ThrowTypeError(ctx, "NUL character in text"), -1;
  return 0;
}

static int unpack_text_bytes(JSContext *ctx, JSValueConst value, struct argument *argument) {
  argument->text = JS_ToCStringLen(ctx, &argument->length, value);
  argument->bytes = (const uint8_t *)argument->text;
  return argument->text == NULL ? -1 : 0;
}

static int array_length(JSContext *ctx, JSValueConst array, struct argument *argument) {
  JSValue length = JS_GetPropertyStr(ctx, array, "length");
  int64_t count;
  if (JS_IsException(length) || JS_ToInt64(ctx, &count, length) < 0) return -1;
  argument->length = count;
  return 0;
}

int unpack_texts(JSContext *ctx, JSValueConst array, struct argument *argument) {
  if (array_length(ctx, array, argument) < 0) return -1;
  argument->texts = js_mallocz(ctx, sizeof(char *) * (argument->length + 1));
  if (argument->texts == NULL) return -1;
  for (size_t i = 0; i < argument->length; i++) {
    struct argument element;
    JSValue value = JS_GetPropertyUint32(ctx, array, i);
    int failed = unpack_text(ctx, value, &element);
    JS_FreeValue(ctx, value);
    argument->texts[i] = element.text;
    if (failed) return -1;
  }
  return 0;
}

static int unpack_numbers(JSContext *ctx, JSValueConst array, struct argument *argument) {
  if (array_length(ctx, array, argument) < 0) return -1;
  argument->numbers = js_mallocz(ctx, sizeof(int) * (argument->length + 1));
  if (argument->numbers == NULL) return -1;
  for (size_t i = 0; i < argument->length; i++) {
    JSValue value = JS_GetPropertyUint32(ctx, array, i);
    int failed = JS_ToInt32(ctx, &argument->numbers[i], value);
    JS_FreeValue(ctx, value);
    if (failed) return -1;
  }
  return 0;
}

static int unpack(JSContext *ctx, char kind, JSValueConst value, struct argument *argument) {
  int32_t number = 0;
  int result;
  switch (kind) {
    case 'i':
      result = JS_ToInt32(ctx, &number, value);
      argument->number = number;
      return result;
    case 'l':
      return JS_ToInt64Ext(ctx, &argument->number, value);
    case 'S':
      return JS_IsNull(value) ? 0 : unpack_text(ctx, value, argument);
    case 's':
      return unpack_text(ctx, value, argument);
    case 'B':
      return JS_IsNull(value) ? 0 : unpack_bytes(ctx, value, argument);
    case 'b':
      return unpack_bytes(ctx, value, argument);
    case 'd':
      return JS_IsString(value) ? unpack_text_bytes(ctx, value, argument) : unpack_bytes(ctx, value, argument);
    case 'v':
      return unpack_texts(ctx, value, argument);
    case 'n':
      return unpack_numbers(ctx, value, argument);
    case 'f':
      return argument->function = value, 0;
  }
  return JS_ThrowInternalError(ctx, "unknown argument kind"), -1;
}

void release(JSContext *ctx, struct argument *argument) {
  if (argument->text != NULL) JS_FreeCString(ctx, argument->text);
  for (size_t i = 0; argument->texts != NULL && argument->texts[i] != NULL; i++) JS_FreeCString(ctx, argument->texts[i]);
  js_free(ctx, argument->texts);
  js_free(ctx, argument->numbers);
}

static JSValue invoke(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv, int number) {
  (void)self, (void)argc;
  const struct row *row = &families[number >> 8][number & 255];
  struct call call = {.ctx = ctx, .value = JS_UNDEFINED};
  JSValue result = JS_EXCEPTION;
  int count = 0, failed = 0;
  for (; row->pattern[count] != 0 && !failed; count++)
    failed = unpack(ctx, row->pattern[count], argv[count], &call.argument[count]);
  if (!failed) {
    int64_t answer = row->function(&call);
    result = JS_IsUndefined(call.value) ? JS_NewInt64(ctx, answer) : call.value;
  }
  for (int i = 0; i < count; i++) release(ctx, &call.argument[i]);
  return result;
}

static int define_functions(JSContext *ctx, JSModuleDef *module) {
  for (unsigned family = 0; family < countof(families); family++)
    for (const struct row *row = families[family]; row->name != NULL; row++) {
      int number = ROW_NUMBER(family, row - families[family]), length = strlen(row->pattern);
      JSValue function = JS_NewCFunctionMagic(ctx, invoke, row->name, length, JS_CFUNC_generic_magic, number);
      if (JS_SetModuleExport(ctx, module, row->name, function) < 0) return -1;
    }
  return 0;
}

JSModuleDef *init_sys_module(JSContext *ctx, const char *name) {
  JSModuleDef *module = JS_NewCModule(ctx, name, define_functions);
  for (unsigned family = 0; module != NULL && family < countof(families); family++)
    for (const struct row *row = families[family]; row->name != NULL; row++) JS_AddModuleExport(ctx, module, row->name);
  return module;
}
