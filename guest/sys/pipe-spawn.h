// Starting the processes of the engine pipe.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct command {
  char **argv, **envp;
  const char *cwd;
  bool tty;
  uint16_t rows, columns;
};

struct spawned {
  pid_t pid;
  int input, output, error;  // our ends; with a tty `input` and `output` are the master, `error` is -1
};

// Reads `argc NUL argv… envc NUL env… cwd` (`fields` to `end`, which is NUL-terminated) into allocated arrays that
// point into it. The environment is completed by our defaults.
bool parse_command(struct command *command, char *fields, char *end);
void free_command(struct command *command);
// True, or false with what the shell would answer ($? 126 or 127) and a text for people.
bool spawn_command(const struct command *command, struct spawned *spawned, int *status, char *text, size_t size);
