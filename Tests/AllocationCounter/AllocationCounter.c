// Counts heap allocations by standing in front of the C library's allocator.
//
// A definition of malloc in the executable takes precedence over the C library's for every library of the process,
// so Swift's runtime, Foundation and libdispatch are counted too. The real work is done by glibc's own entry points.
#include "AllocationCounter.h"

#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

// "initial-exec" keeps the counter in static thread-local storage: reaching it never allocates.
static __thread uint64_t count __attribute__((tls_model("initial-exec")));

void *malloc(size_t size) {
  count += 1;
  return __libc_malloc(size);
}

void *calloc(size_t elements, size_t size) {
  count += 1;
  return __libc_calloc(elements, size);
}

void *realloc(void *block, size_t size) {
  count += 1;
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  count += 1;
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count += 1;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  count += 1;
  *block = __libc_memalign(alignment, size);
  return *block == NULL ? 12 /* ENOMEM */ : 0;
}

uint64_t allocation_count_of_this_thread(void) { return count; }

bool allocation_counting_is_active(void) { return true; }

#else

uint64_t allocation_count_of_this_thread(void) { return 0; }

bool allocation_counting_is_active(void) { return false; }

#endif
