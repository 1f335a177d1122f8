# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A tree of 100,000 files is made, walked, copied and removed through the mount, over a server and over a local filesystem.
# Their dentries and inodes do not fit into the guest's memory. `files` is their number, and `kinds` are the lower filesystems.

# shellcheck source=guest/common.sh
. ./common.sh
# shellcheck source=guest/leaks.sh
. ./leaks.sh

files=${files:-100000}
directories=$((files / 100))
# Those of the copy too.
inodes=$((files * 2 + files / 10))

# make_files DIRECTORY: hundred files in each of the directories, every tenth of them with content.
make_files() {
	# shellcheck disable=SC2016 # perl expands it
	perl -e 'my ($top, $count) = @ARGV;
		for my $d (1 .. $count) {
			my $dir = "$top/" . $d % 10;
			mkdir $dir;
			mkdir "$dir/$d" or die "mkdir $dir/$d: $!\n";
			for my $f (1 .. 100) {
				open(my $file, ">", "$dir/$d/$f") or die "open $dir/$d/$f: $!\n";
				print $file "$d $f\n" if $f % 10 == 0;
				close($file) or die "close $dir/$d/$f: $!\n";
			}
		}' "$1" "$directories"
}

# listed DIRECTORY: its names and sizes, in a fixed order.
listed() { (cd "$1" && find . -type f -exec stat -c '%n %s %h %a' {} + | sort); }

# spent NAME: says how long it took. It is no result: times depend on the machine.
spent() {
	now=$(cut -d. -f1 /proc/uptime)
	echo "# $kind: $1 took $((now - begun)) s"
	begun=$now
}

load
for kind in ${kinds:-ext4}; do
	lower "$kind"
	cycle
	objects >/tmp/objects.before
	begun=$(cut -d. -f1 /proc/uptime)
	stack
	mkdir /mnt/tree /mnt/copy
	make_files /mnt/tree || fail "$kind: making $files files failed."
	spent "making $files files"
	[ "$(find /mnt/tree -type f | wc -l)" = "$files" ] || fail "$kind: a walk does not find $files files."
	spent "a walk"
	listed /mnt/tree >/tmp/above
	listed /lower/tree >/tmp/below
	cmp /tmp/above /tmp/below || fail "$kind: the tree above is not that below."
	[ "$(wc -l </tmp/above)" = "$files" ] || fail "$kind: the list has not $files files."
	ok "$kind: $files files are made and found"
	spent "listing both"
	cp -a /mnt/tree/. /mnt/copy || fail "$kind: copying failed."
	spent "copying"
	listed /lower/copy >/tmp/below
	cmp /tmp/above /tmp/below || fail "$kind: the copy is not like the tree."
	diff -r /lower/tree/1 /lower/copy/1 || fail "$kind: the copy has another content."
	ok "$kind: $files files are copied"
	rm -r /mnt/copy || fail "$kind: removing the copy failed."
	spent "removing"
	# Names that the mount has cached go below.
	rm -r /lower/tree || fail "$kind: removing the tree below failed: $(find /lower/tree | head -3)"
	left=$(find /mnt /lower -mindepth 1 ! -name lost+found | head -3)
	[ -z "$left" ] || fail "$kind: after everything was removed, there is: $left"
	ok "$kind: $files files are removed, above and below"
	spent "removing below"
	unstack
	leaks=$(left_behind /tmp/objects.before "$files")
	[ -z "$leaks" ] || fail "$kind: $files files left objects behind in the slab caches: $leaks"
	ok "$kind: nothing stays in the kernel's memory"
	unlower
done
unload
