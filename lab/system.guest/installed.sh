# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034 # the jobs use it
# What the jobs share that install base0fs with `make install`.

tree=/tmp/base0fs
release=$(uname -r)
modules=/usr/lib/modules/$release

# What stays until the kernel is started again: that a module was loaded that nobody signed, and a module of the kernel's
# own, which a case mounts a filesystem of.
lasting='^(tainted kernel|module overlay)$'

# base0fs TARGET SETTING...: make, in the sources.
base0fs() { make --no-print-directory -C "$tree" "$@"; }

# says NAME TEXT COMMAND...: a command that has to succeed, and to print TEXT, if there is one. What it printed stays in /tmp/lab/out/said.
says() {
	name=$1 text=$2
	shift 2
	start=$(date +%s)
	"$@" >/tmp/lab/out/said 2>&1 </dev/null || fail "$name: '$*' failed with status $?. It said: $(cat /tmp/lab/out/said)"
	[ -z "$text" ] || grep -qF -- "$text" /tmp/lab/out/said || fail "$name: '$*' did not say '$text'. It said: $(cat /tmp/lab/out/said)"
	ok "$name"
	echo "# $(($(date +%s) - start)) s: $name"
}

# becomes NAME: what differs from the state that was kept as NAME is what /tmp/lab/out/expected has, and nothing else. A
# line names what is new, gone or changed: of a new file with its mode and owner, of a link with its target. The rest does
# not count.
becomes() {
	kept=$1
	/tmp/lab/system-state list >/tmp/lab/out/now.state || fail "the state of the system could not be listed."
	/tmp/lab/system-state compare "/var/cache/lab-state/$kept" /tmp/lab/out/now.state "$lasting" >/tmp/lab/out/differences || :
	sed 's/^ *\(new\|gone\|changed\): */\1 /
		s/^\(new file .*\)  (\(0[0-7]*\) \([0-9]*:[0-9]*\) .*)$/\1 \2 \3/
		s/^\(new link .*\)  (- [0-9:]* - \(.*\))$/\1 -> \2/
		s/^\(changed .*\)  (.*)$/\1/
		s/^\(.*\)  (\(.*\))$/\1 \2/' /tmp/lab/out/differences | sort >/tmp/lab/out/found
	sort -o /tmp/lab/out/expected /tmp/lab/out/expected
	if diff -u /tmp/lab/out/expected /tmp/lab/out/found; then
		ok "what differs from '$kept' is what has to"
	else
		fail "the system differs from '$kept' in other things than it has to; the lines above have - for what is missing and + for what is too much."
	fi
}

# tools_installed: what `make install` puts into a system, but for the module, in the form that `becomes` reads.
tools_installed() {
	cat <<-'FILES'
		new directory /usr/local/lib/base0fs
		new directory /usr/local/share/man/man1
		new directory /usr/local/share/man/man5
		new directory /usr/local/share/man/man8
		new directory /var/lib/base0fs
		new file /etc/systemd/system/base0fs-verify.service 0644 0:0
		new file /usr/local/bin/compat-probe 0755 0:0
		new file /usr/local/lib/base0fs/lib.sh 0644 0:0
		new file /usr/local/lib/base0fs/verify 0755 0:0
		new file /usr/local/sbin/base0fs-selftest 0755 0:0
		new file /usr/local/sbin/kernel-rust-metadata 0755 0:0
		new file /usr/local/share/man/man1/compat-probe.1 0644 0:0
		new file /usr/local/share/man/man5/base0fs.5 0644 0:0
		new file /usr/local/share/man/man8/base0fs-selftest.8 0644 0:0
		new file /usr/local/share/man/man8/kernel-rust-metadata.8 0644 0:0
		new file /var/lib/base0fs/installed 0644 0:0
		new link /etc/systemd/system/sysinit.target.wants/base0fs-verify.service -> ../base0fs-verify.service
		new unit-file base0fs-verify.service enabled
	FILES
}

# module_installed RELEASE: the same for the module, and for what depmod writes.
module_installed() {
	cat <<-FILES
		new directory /usr/lib/modules/$1/updates
		new file /usr/lib/modules/$1/updates/base0fs.ko 0644 0:0
		changed file /usr/lib/modules/$1/modules.alias
		changed file /usr/lib/modules/$1/modules.alias.bin
		changed file /usr/lib/modules/$1/modules.dep
		changed file /usr/lib/modules/$1/modules.dep.bin
	FILES
}

# now_proven: the same for a module that was proven and loaded.
now_proven() {
	cat <<-'FILES'
		new file /var/lib/base0fs/verified 0644 0:0
		new module base0fs
	FILES
}

# module_now: the build id of the module that is loaded; nothing if none is.
module_now() { od -An -v -tx1 /sys/module/base0fs/notes/.note.gnu.build-id 2>/dev/null | tr -d ' \n'; }

# nothing_left: no file of an install or of a run lies where the state of the system is not looked at.
nothing_left() {
	left=$(ls -d /run/base0fs /run/base0fs.* /run/modprobe.d /var/log/base0fs /var/lib/base0fs /var/tmp/base0fs* /tmp/tmp.* 2>/dev/null)
	if [ -n "$left" ]; then fail "these are left: $left"; fi
	ok "neither records nor scratch files are left"
}
