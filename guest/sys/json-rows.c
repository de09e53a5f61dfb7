// The rows of a listing, JSON (RFC 8259), with only the members that somebody asked for: making JavaScript's values of all
// the others is most of what reading it costs. What is passed over is not looked at more closely than that needs.
#define _GNU_SOURCE
#include "json-scan.h"
#include "native.h"

#include <stdbool.h>
#include <string.h>

#define MAX_MEMBERS 32

struct rows {
  JSContext *ctx;
  const uint8_t *at, *end;
  const struct argument *members;
  JSAtom atoms[MAX_MEMBERS];
  size_t lengths[MAX_MEMBERS];
};

// What ends a stretch of characters that mean nothing: between strings, in a number or a name.
enum { IN_NESTED = 1, IN_WORD = 2 };
static const uint8_t stops[256] = {
    ['"'] = IN_NESTED, ['{'] = IN_NESTED, ['['] = IN_NESTED,
    ['}'] = IN_NESTED | IN_WORD,   [']'] = IN_NESTED | IN_WORD,
    [','] = IN_WORD, [' '] = IN_WORD, ['\n'] = IN_WORD, ['\t'] = IN_WORD, ['\r'] = IN_WORD,
};

static inline const uint8_t *next_stop(const uint8_t *at, const uint8_t *end, uint8_t place) {
  while (at < end && !(stops[*at] & place)) at++;
  return at;
}

// Whoever writes rows by the thousand writes no blanks.
static inline void skip_space(struct rows *r) {
  const uint8_t *at = r->at;
  while (at < r->end && *at <= ' ' && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) at++;
  r->at = at;
}

static inline bool take(struct rows *r, uint8_t byte) {
  skip_space(r);
  if (r->at == r->end || *r->at != byte) return false;
  r->at++;
  return true;
}

// From a quote to behind the next that no backslash hides. `plain`: there was no backslash.
static bool skip_string(struct rows *r, bool *plain) {
  *plain = true;
  const uint8_t *at = string_stop(r->at + 1, r->end);
  while (at < r->end && *at == '\\') *plain = false, at = string_stop(at + 2, r->end);
  r->at = at + 1;
  return at < r->end;
}

static bool skip_nested(struct rows *r) {
  const uint8_t *at = r->at, *end = r->end;
  int depth = 0;
  while ((at = next_stop(at, end, IN_NESTED)) < end) {
    uint8_t byte = *at++;
    if (byte == '"') {
      while ((at = string_stop(at, end)) < end && *at == '\\') at += 2;
      at++;
      continue;
    }
    depth += byte == '{' || byte == '[' ? 1 : -1;
    if (depth > 0) continue;
    r->at = at;
    return true;
  }
  return false;
}

static bool skip_value(struct rows *r, bool *plain) {
  skip_space(r);
  *plain = false;
  if (r->at == r->end) return false;
  if (*r->at == '"') return skip_string(r, plain);
  if (*r->at == '{' || *r->at == '[') return skip_nested(r);
  const uint8_t *start = r->at;
  r->at = next_stop(start, r->end, IN_WORD);
  return r->at > start;
}

// A whole number of so few digits that a double has them all; -1: it is none.
static int64_t small_number(const uint8_t *start, size_t length) {
  int64_t number = 0;
  if (length > 15 || (length > 1 && *start == '0')) return -1;
  for (size_t i = 0; i < length; i++) {
    if (start[i] < '0' || start[i] > '9') return -1;
    number = number * 10 + start[i] - '0';
  }
  return number;
}

// A list of nothing but strings without escapes, and without blanks. JS_UNDEFINED: it is another value, or none.
static JSValue make_texts(struct rows *r, const uint8_t *start) {
  JSValue list = JS_NewArray(r->ctx);
  const uint8_t *at = start + 1, *last = r->at - 1;
  for (uint32_t count = 0; at < last; count++) {
    const uint8_t *text = at + 1;
    if (*at == '"') at = text + strcspn((const char *)text, "\"\\");
    if (at < text || *at != '"' || (at[1] != ',' && at + 1 != last) || (at[1] == ',' && at + 2 == last)) break;
    JSValue value = JS_NewStringLen(r->ctx, (const char *)text, (size_t)(at - text));
    if (JS_DefinePropertyValueUint32(r->ctx, list, count, value, JS_PROP_C_W_E) < 0) break;
    at += at + 1 == last ? 1 : 2;
  }
  if (at == last) return list;
  JS_FreeValue(r->ctx, list);
  return JS_UNDEFINED;
}

// Strings without escapes, lists of them and small numbers are most of a row. All others are left to QuickJS, which wants
// a NUL behind it.
static JSValue make_value(struct rows *r, const uint8_t *start, bool plain) {
  size_t length = r->at - start;
  if (plain) return JS_NewStringLen(r->ctx, (const char *)start + 1, length - 2);
  int64_t number = small_number(start, length);
  if (number >= 0) return JS_NewInt64(r->ctx, number);
  JSValue texts = *start == '[' ? make_texts(r, start) : JS_UNDEFINED;
  if (!JS_IsUndefined(texts)) return texts;
  char *copy = js_strndup(r->ctx, (const char *)start, length);
  if (copy == NULL) return JS_EXCEPTION;
  JSValue value = JS_ParseJSON(r->ctx, copy, length, "<member>");
  js_free(r->ctx, copy);
  return value;
}

static int find_member(struct rows *r, const uint8_t *name, size_t length) {
  for (size_t i = 0; i < r->members->length; i++) {
    const char *member = r->members->texts[i];
    if (r->lengths[i] == length && member[0] == name[0] && memcmp(member, name, length) == 0) return i;
  }
  return -1;
}

static bool read_member(struct rows *r, JSValueConst row) {
  bool plain;
  skip_space(r);
  const uint8_t *name = r->at + 1;
  if (r->at == r->end || *r->at != '"' || !skip_string(r, &plain)) return false;
  int member = find_member(r, name, r->at - name - 1);
  if (!take(r, ':')) return false;
  skip_space(r);
  const uint8_t *start = r->at;
  if (!skip_value(r, &plain)) return false;
  if (member < 0) return true;
  JSValue value = make_value(r, start, plain);
  return !JS_IsException(value) && JS_DefinePropertyValue(r->ctx, row, r->atoms[member], value, JS_PROP_C_W_E) >= 0;
}

static bool read_row(struct rows *r, JSValueConst row) {
  if (!take(r, '{')) return false;
  if (take(r, '}')) return true;
  do
    if (!read_member(r, row)) return false;
  while (take(r, ','));
  return take(r, '}');
}

static bool read_rows(struct rows *r, JSValueConst list) {
  if (!take(r, '[')) return false;
  if (!take(r, ']')) {
    uint32_t count = 0;
    do {
      JSValue row = JS_NewObject(r->ctx);
      bool whole = read_row(r, row);
      if (JS_DefinePropertyValueUint32(r->ctx, list, count++, row, JS_PROP_C_W_E) < 0 || !whole) return false;
    } while (take(r, ','));
    if (!take(r, ']')) return false;
  }
  skip_space(r);
  return r->at == r->end;
}

int64_t json_rows(struct call *call) {
  struct rows rows = {.ctx = call->ctx, .at = BYTES(0), .end = BYTES(0) + LENGTH(0), .members = &call->argument[1]};
  if (LENGTH(1) > MAX_MEMBERS) return -EINVAL;
  for (size_t i = 0; i < LENGTH(1); i++) {
    rows.lengths[i] = strlen(TEXTS(1)[i]);
    rows.atoms[i] = JS_NewAtomLen(call->ctx, TEXTS(1)[i], rows.lengths[i]);
  }
  JSValue list = JS_NewArray(call->ctx);
  bool whole = read_rows(&rows, list);
  for (size_t i = 0; i < LENGTH(1); i++) JS_FreeAtom(call->ctx, rows.atoms[i]);
  if (whole) return answer(call, list);
  JS_FreeValue(call->ctx, list);
  // What QuickJS says of a member's text is not wanted.
  JS_FreeValue(call->ctx, JS_GetException(call->ctx));
  return -EBADMSG;
}
