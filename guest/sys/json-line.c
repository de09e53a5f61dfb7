// Just enough JSON (RFC 8259) for objects of strings. A string is never longer decoded than encoded: it stays in place.
#define _GNU_SOURCE
#include "json-line.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct cursor {
  uint8_t *at, *end;
};

struct string {
  uint8_t *text;
  size_t length;
};

static void skip_space(struct cursor *c) {
  while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\r' || *c->at == '\n')) c->at++;
}

static bool take(struct cursor *c, uint8_t byte) {
  skip_space(c);
  if (c->at == c->end || *c->at != byte) return false;
  c->at++;
  return true;
}

static int hex_digit(uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  byte |= 0x20;
  return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool take_unit(struct cursor *c, unsigned *unit) {
  *unit = 0;
  if (c->end - c->at < 4) return false;
  for (int i = 0; i < 4; i++) {
    int digit = hex_digit(*c->at++);
    if (digit < 0) return false;
    *unit = *unit << 4 | (unsigned)digit;
  }
  return true;
}

static uint8_t *put_character(uint8_t *out, unsigned code) {
  if (code < 0x80) return *out++ = (uint8_t)code, out;
  if (code < 0x800) {
    *out++ = (uint8_t)(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) *out++ = (uint8_t)(0xE0 | code >> 12);
    else *out++ = (uint8_t)(0xF0 | code >> 18), *out++ = (uint8_t)(0x80 | (code >> 12 & 0x3F));
    *out++ = (uint8_t)(0x80 | (code >> 6 & 0x3F));
  }
  *out++ = (uint8_t)(0x80 | (code & 0x3F));
  return out;
}

static bool is_high(unsigned unit) { return unit >= 0xD800 && unit < 0xDC00; }
static bool is_low(unsigned unit) { return unit >= 0xDC00 && unit < 0xE000; }

// \uXXXX, or two of them for what lies beyond 16 bits. Half a pair becomes U+FFFD.
static bool take_unicode(struct cursor *c, uint8_t **out) {
  unsigned unit, low;
  if (!take_unit(c, &unit)) return false;
  struct cursor after = *c;
  if (is_high(unit) && after.end - after.at >= 6 && after.at[0] == '\\' && after.at[1] == 'u') {
    after.at += 2;
    if (take_unit(&after, &low) && is_low(low)) {
      *c = after;
      unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
  }
  *out = put_character(*out, unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit);
  return true;
}

static bool take_escape(struct cursor *c, uint8_t **out) {
  static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
  if (c->at == c->end) return false;
  uint8_t name = *c->at++;
  if (name == 'u') return take_unicode(c, out);
  const char *found = name ? strchr(names, name) : NULL;
  if (found) *(*out)++ = (uint8_t)values[found - names];
  return found != NULL;
}

static bool take_string(struct cursor *c, struct string *string) {
  if (!take(c, '"')) return false;
  uint8_t *out = string->text = c->at;
  while (c->at < c->end && *c->at != '"') {
    uint8_t byte = *c->at++;
    if (byte != '\\') *out++ = byte;
    else if (!take_escape(c, &out)) return false;
  }
  string->length = (size_t)(out - string->text);
  return take(c, '"');
}

static bool is(const struct string *string, const char *text) {
  return string->length == strlen(text) && memcmp(string->text, text, string->length) == 0;
}

// RFC 3339 in UTC, as Docker writes it; up to nine digits of fraction.
static bool parse_time(const struct string *string, int64_t *nanoseconds) {
  struct tm tm = {0};
  char text[40];
  int year, month, used = 0;
  if (string->length >= sizeof text) return false;
  memcpy(text, string->text, string->length);
  text[string->length] = '\0';
  int fields = sscanf(text, "%d-%d-%dT%d:%d:%d%n", &year, &month, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
                      &used);
  if (fields != 6) return false;
  int64_t fraction = 0, unit = 1000000000;
  for (used += text[used] == '.'; text[used] >= '0' && text[used] <= '9' && unit > 1; used++)
    fraction += (text[used] - '0') * (unit /= 10);
  if (text[used] != 'Z') return false;
  tm.tm_year = year - 1900;
  tm.tm_mon = month - 1;
  *nanoseconds = (int64_t)timegm(&tm) * 1000000000 + fraction;
  return true;
}

// The attributes are the same on every line: whoever asks for them knows them.
static bool skip_object(struct cursor *c) {
  struct string name, value;
  if (take(c, '}')) return true;
  do
    if (!take_string(c, &name) || !take(c, ':') || !take_string(c, &value)) return false;
  while (take(c, ','));
  return take(c, '}');
}

static bool take_member(struct cursor *c, struct log_line *line) {
  struct string name, value;
  if (!take_string(c, &name) || !take(c, ':')) return false;
  if (take(c, '{')) return skip_object(c);
  if (!take_string(c, &value)) return false;
  if (is(&name, "log")) line->text = value.text, line->length = value.length;
  if (is(&name, "stream")) line->error = is(&value, "stderr");
  return !is(&name, "time") || parse_time(&value, &line->time);
}

bool parse_log_line(uint8_t *json, size_t length, struct log_line *line) {
  struct cursor c = {json, json + length};
  *line = (struct log_line){0};
  if (!take(&c, '{')) return false;
  do
    if (!take_member(&c, line)) return false;
  while (take(&c, ','));
  return take(&c, '}') && line->text != NULL;
}
