// SPDX-License-Identifier: Apache-2.0

/// Users and groups that are there before any package adds its own.
///
/// All that alpine-baselayout has had since Alpine 3.13: releases take some away with time, and a package that wants
/// one again, by the same number, finds it here.
///
/// Source: aports, main/alpine-baselayout, passwd and group.
enum BaseAccounts {
  struct User {
    let name: String
    let id: UInt32
    let groupID: UInt32
    let comment: String
    let home: String
    let shell: String

    init(
      _ name: String, _ id: UInt32, _ groupID: UInt32, _ comment: String, _ home: String,
      shell: String = "/sbin/nologin"
    ) {
      (self.name, self.id, self.groupID) = (name, id, groupID)
      (self.comment, self.home, self.shell) = (comment, home, shell)
    }
  }

  struct Group {
    let name: String
    let id: UInt32
    var members: [String]

    init(_ name: String, _ id: UInt32, _ members: String...) {
      (self.name, self.id, self.members) = (name, id, members)
    }

    init(_ name: String, _ id: UInt32, members: [String]) {
      (self.name, self.id, self.members) = (name, id, members)
    }
  }

  static let users = [
    User("root", 0, 0, "root", "/root", shell: "/bin/ash"),
    User("bin", 1, 1, "bin", "/bin"),
    User("daemon", 2, 2, "daemon", "/sbin"),
    User("adm", 3, 4, "adm", "/var/adm"),
    User("lp", 4, 7, "lp", "/var/spool/lpd"),
    User("sync", 5, 0, "sync", "/sbin", shell: "/bin/sync"),
    User("shutdown", 6, 0, "shutdown", "/sbin", shell: "/sbin/shutdown"),
    User("halt", 7, 0, "halt", "/sbin", shell: "/sbin/halt"),
    User("mail", 8, 12, "mail", "/var/mail"),
    User("news", 9, 13, "news", "/usr/lib/news"),
    User("uucp", 10, 14, "uucp", "/var/spool/uucppublic"),
    User("operator", 11, 0, "operator", "/root"),
    User("man", 13, 15, "man", "/usr/man"),
    User("postmaster", 14, 12, "postmaster", "/var/mail"),
    User("cron", 16, 16, "cron", "/var/spool/cron"),
    User("ftp", 21, 21, "", "/var/lib/ftp"),
    User("sshd", 22, 22, "sshd", "/dev/null"),
    User("at", 25, 25, "at", "/var/spool/cron/atjobs"),
    User("squid", 31, 31, "Squid", "/var/cache/squid"),
    User("xfs", 33, 33, "X Font Server", "/etc/X11/fs"),
    User("games", 35, 35, "games", "/usr/games"),
    User("cyrus", 85, 12, "", "/usr/cyrus"),
    User("vpopmail", 89, 89, "", "/var/vpopmail"),
    User("ntp", 123, 123, "NTP", "/var/empty"),
    User("smmsp", 209, 209, "smmsp", "/var/spool/mqueue"),
    User("guest", 405, 100, "guest", "/dev/null"),
    User("nobody", 65534, 65534, "nobody", "/"),
  ]

  static let groups = [
    Group("root", 0, "root"),
    Group("bin", 1, "root", "bin", "daemon"),
    Group("daemon", 2, "root", "bin", "daemon"),
    Group("sys", 3, "root", "bin", "adm"),
    Group("adm", 4, "root", "adm", "daemon"),
    Group("tty", 5),
    Group("disk", 6, "root", "adm"),
    Group("lp", 7, "lp"),
    Group("mem", 8),
    Group("kmem", 9),
    Group("wheel", 10, "root"),
    Group("floppy", 11, "root"),
    Group("mail", 12, "mail"),
    Group("news", 13, "news"),
    Group("uucp", 14, "uucp"),
    Group("man", 15, "man"),
    Group("cron", 16, "cron"),
    Group("console", 17),
    Group("audio", 18),
    Group("cdrom", 19),
    Group("dialout", 20, "root"),
    Group("ftp", 21),
    Group("sshd", 22),
    Group("input", 23),
    Group("at", 25, "at"),
    Group("tape", 26, "root"),
    Group("video", 27, "root"),
    Group("netdev", 28),
    Group("readproc", 30),
    Group("squid", 31, "squid"),
    Group("xfs", 33, "xfs"),
    Group("kvm", 34, "kvm"),
    Group("games", 35),
    Group("shadow", 42),
    Group("cdrw", 80),
    Group("www-data", 82),
    Group("usb", 85),
    Group("vpopmail", 89),
    Group("users", 100, "games"),
    Group("ntp", 123),
    Group("nofiles", 200),
    Group("smmsp", 209, "smmsp"),
    Group("locate", 245),
    Group("abuild", 300),
    Group("utmp", 406),
    Group("ping", 999),
    Group("nogroup", 65533),
    Group("nobody", 65534),
  ]

  /// Of etc/shadow, which its mode lets read.
  static let shadowGroupID: UInt32 = 42
}
