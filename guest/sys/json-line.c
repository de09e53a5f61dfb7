// Just enough JSON (RFC 8259) for objects of strings. A string is never longer decoded than encoded: it stays in place.
#define _GNU_SOURCE
#include "json-line.h"
#include "json-scan.h"

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
  static const char values[128] = {
      ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
  };
  if (c->at == c->end) return false;
  uint8_t name = *c->at++;
  if (name == 'u') return take_unicode(c, out);
  if (name >= sizeof values || !values[name]) return false;
  *(*out)++ = (uint8_t)values[name];
  return true;
}

static bool take_string(struct cursor *c, struct string *string) {
  if (!take(c, '"')) return false;
  uint8_t *out = string->text = c->at;
  for (;;) {
    const uint8_t *start = c->at;
    size_t length = (size_t)(string_stop(start, c->end) - start);
    c->at += length;
    // Up to the first escape it stands where it belongs.
    if (out != start) memmove(out, start, length);
    out += length;
    if (c->at == c->end || *c->at == '"') break;
    c->at++;
    if (!take_escape(c, &out)) return false;
  }
  string->length = (size_t)(out - string->text);
  return take(c, '"');
}

// `literal` without its NUL.
#define IS(string, literal) \
  ((string)->length == sizeof literal - 1 && memcmp((string)->text, literal, sizeof literal - 1) == 0)

// Two digits; -1: they are none.
static int two_digits(const uint8_t *text) {
  unsigned tens = text[0] - '0', ones = text[1] - '0';
  return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

#define MINUTE_LENGTH (sizeof "2006-01-02T15:04" - 1)

// Seconds from the epoch to `2006-01-02T15:04`. Lines come by the hundred in a minute: its last answer is kept.
static bool parse_minute(const uint8_t *text, int64_t *seconds) {
  static uint8_t known[MINUTE_LENGTH];
  static int64_t answer;
  if (memcmp(text, known, sizeof known) != 0) {
    int century = two_digits(text), year = two_digits(text + 2), month = two_digits(text + 5);
    struct tm tm = {.tm_mday = two_digits(text + 8), .tm_hour = two_digits(text + 11), .tm_min = two_digits(text + 14)};
    if (century < 0 || year < 0 || month < 0 || tm.tm_mday < 0 || tm.tm_hour < 0 || tm.tm_min < 0) return false;
    if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':') return false;
    tm.tm_year = century * 100 + year - 1900;
    tm.tm_mon = month - 1;
    answer = timegm(&tm);
    memcpy(known, text, sizeof known);
  }
  *seconds = answer;
  return true;
}

// RFC 3339 in UTC, as Docker writes it; up to nine digits of fraction.
static bool parse_time(const struct string *string, int64_t *nanoseconds) {
  const uint8_t *at = string->text + MINUTE_LENGTH, *end = string->text + string->length;
  int64_t minute;
  if (string->length < sizeof "2006-01-02T15:04:05Z" - 1 || !parse_minute(string->text, &minute)) return false;
  int second = *at == ':' ? two_digits(at + 1) : -1, fraction = 0, unit = 1000000000;
  at += 3;
  for (at += *at == '.'; at < end && *at >= '0' && *at <= '9' && unit > 1; at++) fraction += (*at - '0') * (unit /= 10);
  if (second < 0 || end - at != 1 || *at != 'Z') return false;
  *nanoseconds = (minute + second) * 1000000000 + fraction;
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
  if (IS(&name, "log")) line->text = value.text, line->length = value.length;
  if (IS(&name, "stream")) line->error = IS(&value, "stderr");
  return !IS(&name, "time") || parse_time(&value, &line->time);
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
