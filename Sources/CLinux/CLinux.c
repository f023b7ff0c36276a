// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"

#include <dirent.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>

const int linux_O_TMPFILE = O_TMPFILE;
const int linux_FALLOC_FL_KEEP_SIZE = FALLOC_FL_KEEP_SIZE;
const int linux_FALLOC_FL_PUNCH_HOLE = FALLOC_FL_PUNCH_HOLE;
const unsigned linux_MFD_CLOEXEC = MFD_CLOEXEC;
const int linux_SEEK_DATA = SEEK_DATA;
const int linux_SEEK_HOLE = SEEK_HOLE;

int linux_duplicate(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 0); }

int linux_is_direct(int descriptor) { return (fcntl(descriptor, F_GETFL) & O_DIRECT) != 0; }

int linux_set_direct(int descriptor, int is_direct) {
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) return -1;
  return fcntl(descriptor, F_SETFL, is_direct ? flags | O_DIRECT : flags & ~O_DIRECT);
}

int linux_logical_block_size(int descriptor, int *byte_count) { return ioctl(descriptor, BLKSSZGET, byte_count); }

int linux_zero_out(int descriptor, uint64_t offset, uint64_t count) {
  uint64_t range[2] = {offset, count};
  return ioctl(descriptor, BLKZEROOUT, range);
}

int linux_sync_range(int descriptor, off_t offset, off_t count) {
  return sync_file_range(
      descriptor, offset, count,
      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

int linux_free_byte_count(int descriptor, uint64_t *byte_count) {
  struct statvfs status;
  if (fstatvfs(descriptor, &status) != 0) return -1;
  *byte_count = (uint64_t)status.f_bavail * status.f_frsize;
  return 0;
}

int linux_fallocate(int descriptor, int mode, off_t offset, off_t count) {
  return fallocate(descriptor, mode, offset, count);
}

int linux_memfd_create(const char *name, unsigned flags) { return memfd_create(name, flags); }

int linux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int linux_block_byte_count(int descriptor, uint64_t *byte_count) {
  return ioctl(descriptor, BLKGETSIZE64, byte_count);
}

int linux_block_sizes(int descriptor, int *logical, unsigned *physical) {
  return ioctl(descriptor, BLKSSZGET, logical) == 0 ? ioctl(descriptor, BLKPBSZGET, physical) : -1;
}

int linux_block_read_only(int descriptor, int *is_read_only) { return ioctl(descriptor, BLKROGET, is_read_only); }

int linux_disk_sequence(int descriptor, uint64_t *number) { return ioctl(descriptor, BLKGETDISKSEQ, number); }

int linux_reread_partitions(int descriptor) { return ioctl(descriptor, BLKRRPART); }

ssize_t linux_getdents(int descriptor, void *buffer, size_t count) { return getdents64(descriptor, buffer, count); }

int linux_processor_count(void) {
  cpu_set_t processors;
  return sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) : 1;
}

const char *linux_error_text(int number) { return strerrordesc_np(number); }

uint64_t linux_monotonic_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int linux_own_usage(uint64_t *user, uint64_t *system, uint64_t *peak_byte_count) {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) return -1;
  *user = (uint64_t)usage.ru_utime.tv_sec * 1000000 + (uint64_t)usage.ru_utime.tv_usec;
  *system = (uint64_t)usage.ru_stime.tv_sec * 1000000 + (uint64_t)usage.ru_stime.tv_usec;
  *peak_byte_count = (uint64_t)usage.ru_maxrss << 10;
  return 0;
}
