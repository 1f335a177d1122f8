# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Changes above that race with changes below, over each lower filesystem; a frozen lower filesystem; and the layer stacked
# on itself. `seconds` limits each race, `races` selects some of them by name.

# shellcheck source=guest/common.sh
. ./common.sh
seconds=${seconds:-60}
races=${races:-}
status=0

# race NAME...: runs the races NAME.
race() { ./base0fs-races --seconds "$seconds" "$@" || status=1; }

# wanted NAME: prints NAME if `races` selects it.
wanted() {
	case " ${races:-$1} " in *" $1 "*) echo "$1" ;; esac
}

# shellcheck disable=SC2046 # no word, or one
plain=$(for name in $(./base0fs-races --list | cut -d' ' -f1 | grep -vE '^(long-names|freeze|worker|reclaim)$'); do wanted "$name"; done)
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
	mount -t "$layer" /lower /middle 2>/dev/null || mount --bind /lower /middle || fail "mounting $layer on /middle failed."
	mount -t "$layer" /middle /mnt 2>/dev/null || mount --bind /middle /mnt || fail "mounting $layer on itself failed."
	race --below /middle long-names
	unstack
	umount /middle || fail "umount /middle failed; something there is still in use."
	unlower
fi

# These come last, because a filesystem that stays frozen cannot be replaced. They end after their last case. How long that
# takes depends on the machine; the limit is only for a hang.
for name in freeze worker reclaim; do
	[ -n "$(wanted $name)" ] || continue
	lower ext4
	stack
	seconds=900 race "$name"
	unstack
	unlower
done
unload
exit $status
