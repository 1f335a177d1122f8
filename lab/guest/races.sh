# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Changes through the mount that meet changes directly below, over each kind of lower filesystem; a lower filesystem
# that is frozen; and the layer on itself. `seconds` is how long each race may take, `races` names some of them.

# shellcheck source=guest/common.sh
. ./common.sh
seconds=${seconds:-60}
races=${races:-}
status=0

# race NAME...: all that need nothing special if there is no NAME.
race() { ./base0fs-races --seconds "$seconds" "$@" || status=1; }

# wanted NAME: prints it if it is among the races asked for.
wanted() {
	case " ${races:-$1} " in *" $1 "*) echo "$1" ;; esac
}

# shellcheck disable=SC2046 # no name, or one
plain=$(for name in $(./base0fs-races --list | cut -d' ' -f1 | grep -vE '^(long-names|freeze|reclaim)$'); do wanted "$name"; done)
load
for kind in ext4 tmpfs; do
	lower "$kind"
	stack
	# shellcheck disable=SC2086 # one word for each
	[ -z "$plain" ] || race $plain
	unstack
	unlower
done

if [ -n "$(wanted long-names)" ]; then
	lower tmpfs
	mkdir -p /middle
	mount -t "$layer" /lower /middle 2>/dev/null || mount --bind /lower /middle || fail "mounting $layer."
	mount -t "$layer" /middle /mnt 2>/dev/null || mount --bind /middle /mnt || fail "mounting $layer on itself."
	race --below /middle long-names
	unstack
	umount /middle || fail "umount /middle: something there is still in use."
	unlower
fi

# A stuck filesystem cannot be made anew: these come last. Both go through cases of their own and then end, which takes
# as long as the machine is slow: the limit is for those that hang.
for name in freeze reclaim; do
	[ -n "$(wanted $name)" ] || continue
	lower ext4
	stack
	seconds=900 race "$name"
	unstack
	unlower
done
unload
exit $status
