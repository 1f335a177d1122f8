# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What jobs on the machine share. Results are lines `ok - …` and `not ok - …`, which the lab counts.

ok() { echo "ok - $*"; }

fail() {
	echo "not ok - $*"
	exit 1
}

# check NAME COMMAND...: a result of its own for a command that has to succeed.
check() {
	name=$1
	shift
	if "$@"; then ok "$name"; else fail "$name: '$*' failed."; fi
}

# measure NAME COMMAND...: the same, and how long it took.
measure() {
	start=$(date +%s)
	check "$@"
	echo "# $(($(date +%s) - start)) s: $1"
}

# logged FILE COMMAND...: what COMMAND prints goes to FILE, and is shown if it fails.
logged() {
	log=$1
	shift
	"$@" >"$log" 2>&1 || {
		cat "$log"
		return 1
	}
}

# refuse NAME TEXT COMMAND...: a command that has to fail, and to say TEXT.
refuse() {
	name=$1 text=$2
	shift 2
	if said=$("$@" 2>&1); then fail "$name: '$*' did not fail. It said: $said"; fi
	case $said in
	*"$text"*) ok "$name" ;;
	*) fail "$name: '$*' failed without the words '$text'. It said: $said" ;;
	esac
}

# state NAME: keeps the state of the system as NAME, on this machine for later jobs and outside for the person.
state() {
	mkdir -p /var/cache/lab-state
	/tmp/lab/system-state list >"/var/cache/lab-state/$1" || fail "the state of the system could not be listed."
	cp "/var/cache/lab-state/$1" "/tmp/lab/out/$1.state"
}

# same NAME: the system is as it was when NAME was kept. What may differ is named by patterns of system-state's, after NAME.
same() {
	kept=$1
	shift
	/tmp/lab/system-state list >/tmp/lab/out/now.state || fail "the state of the system could not be listed."
	if /tmp/lab/system-state compare "/var/cache/lab-state/$kept" /tmp/lab/out/now.state "$@"; then
		ok "the system is as it was: $kept"
	else
		fail "the system is not as it was: $kept; the lines above say what differs."
	fi
}

# new_packages NAME: those that were not installed when the state NAME was kept. apt removes by itself only some of what
# came with a package: what another one suggests, and a kernel's parts, stay.
new_packages() {
	dpkg-query -W -f 'package\t${binary:Package}\n' | awk -F'\t' '
		NR == FNR { if ($1 == "package") old[$2]; next }
		!($2 in old) { print $2 }' "/var/cache/lab-state/$1" -
}

# unpack FILE: the sources in FILE, a tar archive that came with the job, in /tmp/base0fs.
unpack() {
	mkdir -p /tmp/base0fs
	tar -xf "/tmp/lab/$1" -C /tmp/base0fs
}

# publish DEB...: puts packages into the machine's own archive, from where `apt install NAME` and `apt upgrade` take them.
publish() {
	cp "$@" /srv/archive/
	if ! (cd /srv/archive && apt-ftparchive packages . >Packages && apt-get -q update); then
		fail "the machine's archive could not be updated."
	fi
}
