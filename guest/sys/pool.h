// Memory for QuickJS. It asks for small pieces all the time, and musl's malloc, made to be safe, takes most of the run
// time then: programs are two to three times faster with this one.
#pragma once
#include "quickjs.h"

JSRuntime *new_pooled_runtime(void);
// For a process that was just forked: collecting touches every object, and what is touched is copied. Most forks are
// gone before they have made any garbage worth it.
void postpone_collection(JSRuntime *runtime);
