#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// The number of heap allocations that the calling thread has made.
uint64_t allocation_count_of_this_thread(void);

/// Whether allocations are counted in this process: false where a sanitizer or another C library owns `malloc`.
bool allocation_counting_is_active(void);

#endif
