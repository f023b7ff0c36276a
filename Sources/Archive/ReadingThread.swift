// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// The thread that reads, decompresses and parses ahead. Ends, at the latest, with its owner.
struct ReadingThread: ~Copyable {
  private let thread: pthread_t
  private let queue: BatchQueue
  private let interrupt: Interrupt?

  /// What is copied from the page cache comes steadily: few batches stay in the processor's cache.
  private static let fewBatches = 8
  /// What is decompressed comes slowly here and fast there, which a few more even out.
  private static let manyBatches = 24

  static func start(_ file: ArchiveFile, _ compression: Compression) throws(ArchiveError) -> ReadingThread {
    let source = try compression.source(of: file)
    let queue = BatchQueue(batchCount: compression == .none ? fewBatches : manyBatches)
    let work = unsafe Unmanaged.passRetained(Work(source, file, queue))
    var thread = pthread_t()
    let number = unsafe pthread_create(
      &thread, nil,
      { work in
        guard let work = unsafe work else { return nil }
        unsafe Unmanaged<Work>.fromOpaque(work).takeRetainedValue().run()
        return nil
      }, work.toOpaque())
    guard number == 0 else {
      unsafe work.release()
      throw .system(.startThread, path: file.path, number: number)
    }
    return ReadingThread(thread, queue, file.interrupt)
  }

  private init(_ thread: pthread_t, _ queue: BatchQueue, _ interrupt: Interrupt?) {
    self.thread = thread
    self.queue = queue
    self.interrupt = interrupt
  }

  deinit {
    queue.abandon()
    interrupt?.trigger()
    pthread_join(thread, nil)
  }

  /// The next batch in the place of `last`; or how it all ended.
  func next(givingBack last: Batch?) -> BatchQueue.Taken {
    if let last { queue.giveBack(last) }
    return queue.takeFilled()
  }
}

/// What the thread does.
private final class Work {
  private let source: any ByteSource
  private let path: String
  private let progress: ArchiveProgress
  private let queue: BatchQueue
  private var parser = TarParser()

  init(_ source: any ByteSource, _ file: ArchiveFile, _ queue: BatchQueue) {
    self.source = source
    path = file.path
    progress = file.progress
    self.queue = queue
  }

  func run() {
    do throws(ArchiveError) {
      while let batch = queue.takeEmpty() {
        guard try fill(batch) else { return queue.end(.complete) }
      }
    } catch {
      queue.end(.failed(error))
    }
  }

  /// Reads and parses one batch and hands it on, also when there is an error in it; false at the end.
  private func fill(_ batch: Batch) throws(ArchiveError) -> Bool {
    batch.items.removeAll(keepingCapacity: true)
    let start = linux_monotonic_nanoseconds()
    let byteCount = try read(into: batch)
    defer { progress.countFilling(of: byteCount, since: start) }
    do throws(TarFailure) {
      guard byteCount > 0 else {
        try parser.finish()
        return false
      }
      defer { queue.put(batch) }
      try parser.parse(unsafe batch.bytes(0..<byteCount).bytes, into: &batch.items)
    } catch {
      throw .tar(path: path, offset: error.offset, entry: error.name, error.problem)
    }
    return true
  }

  private func read(into batch: Batch) throws(ArchiveError) -> Int {
    do throws(ArchiveError) { return try unsafe source.read(into: batch.memory) } catch {
      throw error.naming(entry: parser.currentName)
    }
  }
}
