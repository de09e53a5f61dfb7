// Text whose lines are cells, each with a tab behind it, as columns of blanks: what Docker has Go's text/tabwriter make of
// its tables, with a padding of three. A line's last cell ends with the line and belongs to no column.
#define _GNU_SOURCE
#include "native.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PADDING = 3 };

struct columns {
  size_t *widths;
  size_t count, lines, total;
  size_t minimum;
};

// Code points of UTF-8: every byte but those that continue one. Most cells are ASCII, four bytes at a time.
static size_t characters(const char *start, const char *end) {
  size_t count = 0;
  for (uint32_t word; end - start >= (ptrdiff_t)sizeof word; start += sizeof word, count += sizeof word) {
    memcpy(&word, start, sizeof word);
    if (word & 0x80808080u) break;
  }
  for (; start < end; start++) count += (*start & 0xc0) != 0x80;
  return count;
}

static const char *end_of_cell(const char *at, const char *end) {
  // Nothing above a line break ends a cell.
  while (at < end && ((unsigned char)*at > '\n' || (*at != '\t' && *at != '\n'))) at++;
  return at;
}

static bool widen(struct columns *columns, size_t column, size_t width) {
  if (column == columns->count) {
    size_t *widths = realloc(columns->widths, (column + 1) * sizeof *widths);
    if (widths == NULL) return false;
    columns->widths = widths;
    columns->widths[columns->count++] = columns->minimum;
  }
  if (width > columns->widths[column]) columns->widths[column] = width;
  return true;
}

static bool measure(struct columns *columns, const char *at, const char *end) {
  size_t column = 0;
  for (; at < end; at++) {
    const char *cell = at;
    at = end_of_cell(at, end);
    if (at == end) break;
    if (*at == '\t') {
      if (!widen(columns, column++, characters(cell, at) + PADDING)) return false;
    } else {
      column = 0;
      columns->lines++;
    }
  }
  for (column = 0; column < columns->count; column++) columns->total += columns->widths[column];
  return true;
}

// `out` has room for `total` blanks a line beside the text. Gives its end.
static char *lay_out(const struct columns *columns, const char *at, const char *end, char *out) {
  size_t column = 0;
  while (at < end) {
    const char *cell = at;
    at = end_of_cell(at, end);
    out = mempcpy(out, cell, (size_t)(at - cell));
    if (at == end) break;
    if (*at++ == '\t') {
      size_t blanks = columns->widths[column++] - characters(cell, at - 1);
      out = (char *)memset(out, ' ', blanks) + blanks;
    } else {
      *out++ = '\n';
      column = 0;
    }
  }
  return out;
}

int64_t align_columns(struct call *call) {
  // The last line counts whether or not it has an end.
  struct columns columns = {.minimum = (size_t)INT(1), .lines = 1};
  size_t room;
  const char *end = TEXT(0) + LENGTH(0);
  int64_t result = -ENOMEM;
  char *text = NULL;
  if (measure(&columns, TEXT(0), end) && !__builtin_mul_overflow(columns.lines, columns.total, &room) &&
      !__builtin_add_overflow(room, LENGTH(0) + 1, &room))
    text = malloc(room);
  if (text != NULL) {
    char *text_end = lay_out(&columns, TEXT(0), end, text);
    result = answer(call, text_value(call->ctx, text, (size_t)(text_end - text)));
  }
  free(text);
  free(columns.widths);
  return result;
}
