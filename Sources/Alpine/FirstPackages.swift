// SPDX-License-Identifier: Apache-2.0
import Entries

/// Installs over the network what the world asks for and the card hasn't: init has no network, and goes on without what
/// it can't install.
///
/// What is fetched stays in the cache on the data partition, with the indexes of the repositories; the next boot takes
/// it from there, without a network. OpenRC passes over services of a runlevel that have no script, so those whose
/// scripts have come are started by name.
///
/// Source: mkinitfs, initramfs-init; apk-tools, add.c, for an "add" without names, and database.c for the cache; OpenRC,
/// src/librc/librc.c, `rc_services_in_runlevel`.
enum FirstPackages {
  static let service = Service("cairn-first-packages", in: .default)
  static let path = EntryPath("etc/init.d/cairn-first-packages")

  /// The service for a system that doesn't commit by itself.
  static let script =
    #"""
    #!/sbin/openrc-run
    # Installs over the network what the card lacks of etc/apk/world. Neither this
    # script nor its link is part of a commit.

    description="Installs the packages that the card has not"

    depend() {
    	after *
    }

    start() {
    	ebegin "Installing the packages that the card has not"
    	rm -f /etc/runlevels/default/cairn-first-packages
    	install_packages
    	eend $? "Packages are missing; the next boot tries again"
    }

    """# + functions

  static let functions = #"""

    # What is fetched stays in the cache on the card, for boots without a network.
    install_packages() {
    	apk add --quiet --no-network >/dev/null 2>&1 && return 0
    	absent=
    	for link in /etc/runlevels/boot/* /etc/runlevels/default/*; do
    		[ -L "$link" ] && [ ! -e "$link" ] && absent="$absent ${link##*/}"
    	done
    	fetch_packages || return 1
    	rc-update --update >/dev/null
    	for service in $absent; do
    		[ ! -x "/etc/init.d/$service" ] || rc-service "$service" start
    	done
    	return 0
    }

    # An address may take a while to come.
    fetch_packages() {
    	for attempt in 1 2 3 4 5 6; do
    		apk add --quiet && return 0
    		[ "$attempt" = 6 ] || sleep 10
    	done
    	return 1
    }

    """#
}
