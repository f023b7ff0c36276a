// SPDX-License-Identifier: Apache-2.0
//
// The system calls that Cairn makes, with the macros and variadic functions that Swift can't see.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

extern const int linux_O_TMPFILE;
extern const int linux_FALLOC_FL_KEEP_SIZE;
extern const int linux_FALLOC_FL_PUNCH_HOLE;
extern const unsigned linux_MFD_CLOEXEC;
extern const int linux_SEEK_DATA;
extern const int linux_SEEK_HOLE;

/// The number of the last error of this thread.
static inline int linux_errno(void) { return errno; }

/// open(2) with a mode, for files that may be made.
static inline int linux_open(const char *path, int flags, mode_t mode) { return open(path, flags | O_CLOEXEC, mode); }

/// openat(2) of what is there.
static inline int linux_openat(int directory, const char *path, int flags) {
  return openat(directory, path, flags | O_CLOEXEC);
}

/// makedev(3), taken apart.
static inline unsigned linux_major(dev_t device) { return major(device); }
static inline unsigned linux_minor(dev_t device) { return minor(device); }

/// F_DUPFD_CLOEXEC: another descriptor of the same open file.
int linux_duplicate(int descriptor);

/// Whether an open file has O_DIRECT; and with or without it from now on.
int linux_is_direct(int descriptor);
int linux_set_direct(int descriptor, int is_direct);

/// BLKSSZGET: the block that a device addresses, in bytes.
int linux_logical_block_size(int descriptor, int *byte_count);

/// BLKZEROOUT: makes bytes of a block device read as zero.
int linux_zero_out(int descriptor, uint64_t offset, uint64_t count);

/// sync_file_range(2): writes dirty pages to storage and waits for them.
int linux_sync_range(int descriptor, off_t offset, off_t count);

/// fstatvfs(3): what an ordinary user may still write, in bytes.
int linux_free_byte_count(int descriptor, uint64_t *byte_count);

/// fallocate(2).
int linux_fallocate(int descriptor, int mode, off_t offset, off_t count);

/// memfd_create(2).
int linux_memfd_create(const char *name, unsigned flags);

/// pipe2(2): the reading end first; closed in programs that are started.
int linux_pipe(int ends[2]);

/// The ioctls that a block device answers, each -1 with errno where it doesn't: its size in bytes, the block that it
/// addresses and the one that it writes, whether it is read-only, the number of the medium (since Linux 5.15).
int linux_block_byte_count(int descriptor, uint64_t *byte_count);
int linux_block_sizes(int descriptor, int *logical, unsigned *physical);
int linux_block_read_only(int descriptor, int *is_read_only);
int linux_disk_sequence(int descriptor, uint64_t *number);

/// BLKRRPART: the kernel reads the partition table anew.
int linux_reread_partitions(int descriptor);

/// getdents64(2): as many struct linux_dirent64 as `buffer` holds.
ssize_t linux_getdents(int descriptor, void *buffer, size_t count);

/// CLOCK_MONOTONIC in nanoseconds: what takes how long. Some 30 ns a call.
uint64_t linux_monotonic_nanoseconds(void);

/// getrusage(2) of this process: processor time in microseconds, and the peak of its memory in bytes.
int linux_own_usage(uint64_t *user, uint64_t *system, uint64_t *peak_byte_count);

/// Processors that this process may run on, by sched_getaffinity(2); 1 where that can't be told.
int linux_processor_count(void);

/// strerrordesc_np(3): what an errno means, in English whatever the locale; NULL for a number that means nothing.
const char *linux_error_text(int number);
