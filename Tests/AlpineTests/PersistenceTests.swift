// SPDX-License-Identifier: Apache-2.0
import Alpine
import Entries
import Testing

private func path(_ text: String) throws -> EntryPath { try EntryPath(Array(text.utf8)) }

private func persistence(_ text: String, _ strategy: Persistence.Strategy? = nil) throws -> Persistence {
  try Persistence(path(text), strategy: strategy)
}

@Suite struct PersistenceTests {
  @Test(arguments: [
    ("", PersistenceProblem.holdsSystem), ("usr", .holdsSystem), ("usr/lib", .holdsSystem),
    ("var/lib", .holdsSystem), ("var/cache", .holdsSystem), ("var/spool", .holdsSystem),
    ("lib/apk", .holdsSystem), ("boot", .holdsSystem), ("etc", .keptByLBU),
    ("etc/ssh", .keptByLBU), ("media/mmcblk0p2", .mountedOtherwise), ("tmp", .mountedOtherwise),
    ("run/docker", .mountedOtherwise), ("var/run/docker", .mountedOtherwise),
    ("var/lock/subsys", .mountedOtherwise),
  ])
  func `directories of the system are refused, whatever the strategy`(
    text: String, problem: PersistenceProblem
  ) throws {
    let directory = try path(text)
    for strategy in Persistence.Strategy.allCases {
      #expect(throws: AlpineError.persistence(path: "/\(text)", problem)) {
        try Persistence(directory, strategy: strategy)
      }
    }
  }

  @Test(arguments: [
    "var", "var/lib/docker", "var/log", "var/lib/postgresql/data", "home", "srv", "root", "usr/local/share",
  ])
  func `others are taken`(text: String) throws {
    #expect(try persistence(text).path.bytes == Array(text.utf8))
  }

  @Test(arguments: [
    ("var/lib/docker", Persistence.Strategy.bind), ("var/lib/docker/volumes", .bind),
    ("var/lib/containerd", .bind), ("var/lib/containers", .bind), ("var/lib/dockerfiles", .overlay),
    ("var/log", .overlay), ("var", .overlay), ("home", .overlay),
  ])
  func `container engines get a bind mount, all others an overlay`(
    text: String, strategy: Persistence.Strategy
  ) throws {
    #expect(try persistence(text).strategy == strategy)
  }

  @Test func `Docker's directory is bound`() throws {
    #expect(Persistence.docker == (try persistence("var/lib/docker", .bind)))
  }

  @Test(arguments: ["srv/a:b", "srv/a,b", "srv/a\\b"])
  func `what overlayfs' options can't hold is refused there, and only there`(text: String) throws {
    #expect(throws: AlpineError.persistence(path: "/\(text)", .unfitForOverlay)) {
      try persistence(text, .overlay)
    }
    for strategy in [.bind, .file, .partition] as [Persistence.Strategy] {
      #expect(throws: Never.self) { try persistence(text, strategy) }
    }
  }

  @Test(arguments: ["cache", "overlay/a", "images", "lost+found/b"])
  func `a bound directory can't be what the data partition needs for itself`(text: String) throws {
    #expect(throws: AlpineError.persistence(path: "/\(text)", .takenOnDataPartition)) {
      try persistence(text, .bind)
    }
    #expect(throws: Never.self) { try persistence(text, .overlay) }
  }

  @Test(arguments: [
    (["var/log", "srv"], nil), (["a", "ab"], nil), (["a", "b", "a"], ("/a", PersistenceProblem.twice)),
    (["a", "a/b"], ("/a/b", .nested(other: "/a"))), (["a/b/c", "a"], ("/a", .nested(other: "/a/b/c"))),
  ])
  func `no directory comes twice or lies in another one`(
    texts: [String], refused: (path: String, problem: PersistenceProblem)?
  ) throws {
    let directories = try texts.map { try persistence($0) }
    guard let refused else { return try Persistence.check(directories) }
    #expect(throws: AlpineError.persistence(path: refused.path, refused.problem)) {
      try Persistence.check(directories)
    }
  }

  @Test func `an MBR has room for two of them`() throws {
    let names = ["a", "b", "c"]
    let directories = try names.map { try persistence($0, .partition) }
    try Persistence.check(Array(directories.prefix(2)) + [.docker])
    #expect(throws: AlpineError.persistence(path: "/c", .tooManyPartitions)) {
      try Persistence.check(directories)
    }
  }

  @Test(
    arguments: [
      ("var/lib/docker", Persistence.Strategy.overlay, [.containersOnOverlay(path: "/var/lib/docker")]),
      ("var/lib/containers", .overlay, [.containersOnOverlay(path: "/var/lib/containers")]),
      ("var/lib/containerd/x", .overlay, [.containersOnOverlay(path: "/var/lib/containerd/x")]),
      ("var/lib/docker", .bind, []), ("var/lib/docker", .file, []), ("var/log", .overlay, []),
      ("var", .overlay, [.agesVar, .containersOnOverlay(path: "/var")]),
      ("var", .bind, [.hidesVar]), ("var", .file, [.hidesVar]), ("var", .partition, [.hidesVar]),
      ("home", .bind, [.hidesOverlay(path: "/home")]), ("root", .file, [.hidesOverlay(path: "/root")]),
      ("home", .overlay, []), ("homes", .bind, []),
    ] as [(String, Persistence.Strategy, [PersistenceWarning])])
  func `what its owner may not want is warned of`(
    text: String, strategy: Persistence.Strategy, warnings: [PersistenceWarning]
  ) throws {
    #expect(try persistence(text, strategy).warnings == warnings)
  }

  @Test func `warnings say what breaks`() throws {
    #expect("\(PersistenceWarning.hidesVar)".contains("cron's tabs"))
    #expect("\(PersistenceWarning.containersOnOverlay(path: "/x"))".contains("overlay2 can't stand"))
  }
}

/// What persistent directories leave in the overlay and on the data partition.
@Suite struct PersistentMountTests {
  private func overlay(_ persistence: [Persistence], uuids: [EntryPath: String] = [:]) throws -> Overlay {
    Overlay(
      hostname: try Hostname("pi"), dataPartitionUUID: "5f0c2a1e-3b7d-4c58-9a46-d1e2f3a4b5c6", release: nil,
      persistence: persistence, partitionUUIDs: uuids, time: Timestamp(seconds: 1))
  }

  private func recorded(_ overlay: Overlay) -> Recorder {
    var recorder = Recorder()
    overlay.write(to: &recorder)
    return recorder
  }

  @Test func `each strategy has its line of fstab behind the data partition's, in the order given`() throws {
    let uuid = "01234567-89ab-8def-8123-456789abcdef"
    let overlay = try overlay(
      [
        persistence("var/lib/pg", .partition), persistence("var/log", .overlay), .docker,
        persistence("srv/a b", .file),
      ], uuids: [EntryPath("var/lib/pg"): uuid])
    let fstab = try #require(recorded(overlay).text(EntryPath("etc/fstab")))
    let lines = fstab.split(separator: "\n").map(String.init)
    #expect(lines[2].hasSuffix("\t/media/mmcblk0p2\text4\trw,relatime 0 0"))
    let data = "/media/mmcblk0p2"
    #expect(
      lines[3...] == [
        "UUID=\(uuid)\t/var/lib/pg\text4\trw,relatime 0 0",
        "overlay\t/var/log\toverlay\tlowerdir=/var/log,upperdir=\(data)/overlay/var/log/upper,"
          + "workdir=\(data)/overlay/var/log/work 0 0",
        "\(data)/var/lib/docker\t/var/lib/docker\tnone\tbind 0 0",
        "\(data)/images/srv/a\\040b.img\t/srv/a\\040b\text4\tloop,rw 0 0",
      ])
  }

  @Test(
    arguments: [
      ([.bind, .partition], nil), ([.overlay], "af_packet\nipv6\noverlay\n"),
      ([.file, .file, .overlay], "af_packet\nipv6\nloop\noverlay\n"),
    ] as [([Persistence.Strategy], String?)])
  func `modules that the mounts take are loaded besides those of every system`(
    strategies: [Persistence.Strategy], text: String?
  ) throws {
    let directories = try strategies.enumerated().map { try persistence("srv/\($0)", $1) }
    let uuids = Dictionary(uniqueKeysWithValues: directories.map { ($0.path, "x") })
    #expect(try recorded(overlay(directories, uuids: uuids)).text(EntryPath("etc/modules")) == text)
  }

  @Test func `the data partition has upper and work, or the directory itself, or the image's`() throws {
    let directories = try [
      persistence("var/tmp", .overlay), persistence("root", .bind), persistence("srv/x", .file),
      persistence("opt/y", .partition),
    ]
    let partition = try DataPartition(overlay(directories, uuids: [EntryPath("opt/y"): "x"]))
    var recorder = Recorder()
    partition.write(to: &recorder)
    #expect(
      recorder.listing == [
        "d 755 0:0 cache", "d 755 0:0 images", "d 755 0:0 images/srv", "d 755 0:0 overlay",
        "d 755 0:0 overlay/var", "d 755 0:0 overlay/var/tmp", "d 1777 0:0 overlay/var/tmp/upper",
        "d 755 0:0 overlay/var/tmp/work", "f 644 0:0 pi.apkovl.tar.gz", "d 700 0:0 root",
      ])
    #expect(
      directories.map { $0.dataPath.map { "\($0)" } } == ["overlay/var/tmp", "root", "images/srv/x.img", nil])
    #expect(directories.map(\.imagePath) == [nil, nil, EntryPath("images/srv/x.img"), nil])
  }

  @Test func `a file system of its own has the mode that the package gives its directory`() throws {
    for (text, mode) in [("var/lib/docker", "710"), ("var/lib/containers", "700"), ("srv", "755")] {
      var recorder = Recorder()
      PersistentVolume(for: try persistence(text, .file), time: Timestamp(seconds: 1)).write(to: &recorder)
      #expect(recorder.listing == ["d \(mode) 0:0 ./"])
    }
  }

  @Test func `all of /var has what the base system has there, but not where that shows through`() throws {
    var recorder = Recorder()
    PersistentVolume(for: try persistence("var", .partition), time: Timestamp(seconds: 1))
      .write(to: &recorder)
    for line in [
      "d 755 0:0 ./", "d 555 0:0 empty", "d 1777 0:0 tmp", "l 777 0:0 run -> /run", "d 755 0:0 spool/cron",
      "l 777 0:0 spool/cron/crontabs -> /etc/crontabs", "l 777 0:0 spool/mail -> /var/mail",
      "d 755 0:0 lock/subsys", "d 755 0:0 cache/misc",
    ] { #expect(recorder.listing.contains(line), "\(line)") }
    recorder = Recorder()
    try DataPartition(overlay([persistence("var", .bind)])).write(to: &recorder)
    #expect(recorder.listing.contains("d 555 0:0 var/empty"))
    recorder = Recorder()
    try DataPartition(overlay([persistence("var", .overlay)])).write(to: &recorder)
    #expect(!recorder.listing.contains { $0.contains("empty") })
  }
}
