// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"

int linux_fallocate(int descriptor, int mode, off_t offset, off_t count) {
  return fallocate(descriptor, mode, offset, count);
}

int linux_memfd_create(const char *name, unsigned flags) { return memfd_create(name, flags); }

const char *linux_error_text(int number, char *buffer, size_t byteCount) {
  return strerror_r(number, buffer, byteCount);
}
