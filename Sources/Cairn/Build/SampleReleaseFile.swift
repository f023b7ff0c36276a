// SPDX-License-Identifier: Apache-2.0
public import Alpine
internal import Archive
internal import Blocks

/// A sample release as a .tar.gz on disk.
public enum SampleReleaseFile {
  /// Writes `sample` to `path`, in place of a file that is there.
  ///
  /// It is on storage before the name is there.
  public static func write(
    _ sample: SampleRelease, to path: String, monitor: BuildMonitor = BuildMonitor()
  ) throws(BuildError) {
    let stream: ImageStream
    do { stream = try ImageStream(path: path, isDurable: true, monitor: monitor) } catch {
      throw .target(error)
    }
    do throws(CopyError<AlpineError, ArchiveError>) {
      var tar: TarWriter
      do throws(ArchiveError) { tar = TarWriter(to: try GzipSink(level: 6, to: stream)) } catch {
        throw .writing(error)
      }
      try sample.write(to: &tar)
      do { try tar.finish() } catch { throw .writing(error) }
    } catch { throw error.buildError }
  }
}

extension CopyError<AlpineError, ArchiveError> {
  fileprivate var buildError: BuildError {
    switch self {
    case .reading(let error): .overlay(error)
    case .writing(.sink(let error)):
      // ImageStream's errors are of no other kind.
      (error.underlying as? BlockError).map { .target($0) } ?? .source(.sink(error))
    case .writing(let error): .source(error)
    }
  }
}
