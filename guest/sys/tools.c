// The small programs of the guest, in one static binary of their own: argv[0] says which one (modes.h). Each is started
// for every command or container, and starting costs by the page: apart from QuickJS they start in half the time.
#include <stdio.h>
#include <string.h>

#include "modes.h"

static const struct {
  const char *name;
  int (*run)(int argc, char **argv);
} programs[] = {
    {"docker", launch_main},      {"docker-shim", shim_main},  {"docker-logs", logs_main},
    {"docker-init", reaper_main}, {"drydock-pipe", pipe_main}, {"drydock-time", time_main},
};

int main(int argc, char **argv) {
  if (argc == 0) return 2;
  const char *slash = strrchr(argv[0], '/');
  const char *name = slash != NULL ? slash + 1 : argv[0];
  for (unsigned i = 0; i < sizeof programs / sizeof *programs; i++) {
    if (strcmp(name, programs[i].name) == 0) return programs[i].run(argc, argv);
  }
  fprintf(stderr, "%s: there is no such program\n", name);
  return 127;
}
