// SPDX-License-Identifier: Apache-2.0
import Entries

/// A service that commits once what the first boot has made: users that packages added, ssh host keys, apk's keys.
///
/// Without it the Pi would be another machine after every boot until somebody commits.
///
/// - It is the last of the default runlevel: "after *" as etc/init.d/local has it, with a name that OpenRC, which goes
///   through a runlevel by the alphabet, meets before "local" and whatever else waits for all.
/// - The link in the runlevel goes before the commit is made, and lbu keeps nothing of etc/init.d but links, so neither
///   is in it; the script itself goes with the RAM root. Left there until then, OpenRC finds it when it takes note
///   that it has started.
/// - `lbu commit` moves the old apkovl away before it makes the new one, and `lbu commit -d` removes it: cut off then,
///   the Pi would come up bare. Here the new one is made beside the old one under a name that no boot looks for, read
///   through, written out, and put in its place by one rename. It is a commit without a backup, so what was on the card
///   when it was new doesn't count against BACKUP_LIMIT, and no name with a date from before the clock was set is left.
/// - Where something is wrong the apkovl stays as it is, and the next boot tries again. The link doesn't come back, so
///   that a commit by hand makes an end of it, too.
///
/// - Where the first boot is to have a network, packages come first: what they add is in the commit, and without them
///   there is none, so that the next boot tries again. Without a commit of its own it is a service all the same.
///
/// Source: OpenRC, init.d/local.in and src/librc/librc-depend.c; alpine-conf, lbu; apk-tools, database.c, for the paths
/// that are protected by default.
enum FirstCommit {
  static let service = Service("cairn-first-commit", in: .default)
  static let path = EntryPath("etc/init.d/cairn-first-commit")

  /// - Parameter installsPackages: whether it installs what the world asks for before.
  static func script(installsPackages: Bool) -> String {
    installsPackages
      ? script.replacing("\n\tcommit\n", with: "\n\tinstall_packages && commit\n") + FirstPackages.functions
      : script
  }

  private static let script = #"""
    #!/sbin/openrc-run
    # Commits once what the first boot has made: users that packages added, ssh host
    # keys, the keys of apk. Neither this script nor its link is part of the commit.

    description="Commits the settings once, after the first boot"

    depend() {
    	after *
    }

    start() {
    	ebegin "Committing what the first boot has made"
    	rm -f /etc/runlevels/default/cairn-first-commit
    	commit
    	eend $? "Nothing is committed; the next boot tries again"
    }

    commit() {
    	. /etc/lbu/lbu.conf || return 1
    	# What is encrypted needs somebody who knows the password.
    	[ -z "$ENCRYPTION" ] || return 1
    	overlay="${LBU_BACKUPDIR:-/media/$LBU_MEDIA}/$(hostname).apkovl.tar.gz"
    	# Not there: the medium is not mounted.
    	[ -f "$overlay" ] || return 1
    	has_host_keys && replace_overlay
    }

    # Where sshd starts it has made them by now, unless something went wrong.
    has_host_keys() {
    	[ -L /etc/runlevels/default/sshd ] || return 0
    	for key in /etc/ssh/ssh_host_*_key; do
    		[ -s "$key" ] && return 0
    	done
    	return 1
    }

    # At every moment there is one whole overlay: the new one takes the place of the
    # old one when it has been read through and is on the medium.
    replace_overlay() {
    	new="${overlay%/*}/first-commit.new"
    	if lbu package - >"$new" && tar -tzf "$new" etc/fstab >/dev/null 2>&1 &&
    		sync && mv "$new" "$overlay"; then
    		sync
    		return 0
    	fi
    	rm -f "$new"
    	return 1
    }

    """#
}
