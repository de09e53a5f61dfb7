// Reading one line of a json-file log.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_line {
  uint8_t *text;
  size_t length;
  bool error;       // the stream: standard error
  int64_t time;     // nanoseconds since the epoch
};

// Decodes in place: `line->text` points into `json`. False when it is no such line.
bool parse_log_line(uint8_t *json, size_t length, struct log_line *line);
